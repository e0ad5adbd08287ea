using System.Runtime.InteropServices;

namespace Concord.Measuring.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>The whole process, all its threads.</summary>
    internal const int RusageSelf = 0;

    /// <summary>The C structure in words: two times of two words each, then fourteen counters.</summary>
    internal const int RusageWords = 18;

    /// <summary>Where the structure counts the times a thread was switched out against its will.</summary>
    internal const int RusageInvoluntarySwitches = 17;

    [LibraryImport(Name, EntryPoint = "getrusage", SetLastError = true)]
    internal static partial int Getrusage(int who, long* usage);
}
