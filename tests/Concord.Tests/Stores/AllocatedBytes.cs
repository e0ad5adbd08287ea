using Concord.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace Concord.Tests.Stores;

/// <summary>How much of a file or of memory with a descriptor really exists (st_blocks).</summary>
internal static class AllocatedBytes
{
    internal static long Of(string path)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete);
        return Of(handle);
    }

    internal static long Of(SafeFileHandle handle) =>
        Libc.Statx(handle, "", Libc.AtEmptyPath, Libc.StatxWanted, out var status) == 0
            ? status.AllocatedBytes
            : throw Libc.LastError("ask for the blocks of a file");
}
