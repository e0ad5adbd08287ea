using Concord.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace Concord.Tests.Stores;

/// <summary>How much of a file or of memory with a descriptor really exists (st_blocks).</summary>
internal static unsafe class AllocatedBytes
{
    // In struct statx: blocks of 512 bytes.
    private const int BlocksAt = 48, StatxBlocks = 0x400, BytesPerBlock = 512;

    internal static long Of(string path)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return Of(handle);
    }

    internal static long Of(SafeFileHandle handle)
    {
        byte* status = stackalloc byte[Libc.StatxBytes];
        if (Libc.Statx(handle, "", Libc.AtEmptyPath, StatxBlocks, status) != 0) throw Libc.LastError("ask for the blocks of a file");
        return BitConverter.ToInt64(new ReadOnlySpan<byte>(status + BlocksAt, sizeof(long))) * BytesPerBlock;
    }
}
