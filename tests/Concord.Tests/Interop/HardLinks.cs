using System.Runtime.InteropServices;

namespace Concord.Tests.Interop;

/// <summary>Further names of files.</summary>
internal static partial class HardLinks
{
    internal static void Add(string existing, string name)
    {
        if (Link(existing, name) != 0)
            throw new IOException($"cannot link {name}: errno {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string name);
}
