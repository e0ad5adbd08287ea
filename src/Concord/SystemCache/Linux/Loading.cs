using System.Runtime.InteropServices;
using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>Brings pages in by reading them; the kernel's read-ahead is told of a piece before it is read.</summary>
internal static unsafe class Loading
{
    /// <summary>What a read copies at once: it stays in the second-level cache, so that copying costs little.</summary>
    private const int BytesPerRead = 256 << 10;

    /// <exception cref="IOException">A read failed.</exception>
    internal static void Load(FileDescriptor file, ByteRange piece)
    {
        // Advice only: what it does not start, the reads below do.
        _ = Libc.PosixFadvise(file, piece.Offset, piece.Length, Libc.FadviseWillNeed);
        byte* scratch = (byte*)NativeMemory.Alloc(BytesPerRead);
        try
        {
            for (long at = piece.Offset; at < piece.End;)
            {
                nint read = Libc.Pread(file, scratch, (nint)Math.Min(BytesPerRead, piece.End - at), at);
                if (read == 0) return;
                if (read > 0) at += read;
                else if (Marshal.GetLastPInvokeError() != ErrorNumber.Interrupted)
                    throw Libc.LastError($"read at {at}");
            }
        }
        finally
        {
            NativeMemory.Free(scratch);
        }
    }
}
