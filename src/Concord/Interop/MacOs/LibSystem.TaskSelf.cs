using System.Runtime.InteropServices;

namespace Concord.Interop.MacOs;

internal static partial class LibSystem
{
    /// <summary>The port that names this process in the calls about address spaces.</summary>
    [LibraryImport(Name, EntryPoint = "task_self_trap")]
    internal static partial uint TaskSelf();
}
