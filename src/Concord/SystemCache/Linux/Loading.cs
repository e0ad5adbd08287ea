using System.Runtime.InteropServices;
using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>Loads pages by reading them; announces a piece to the kernel's read-ahead before it is read.</summary>
internal static unsafe class Loading
{
    /// <summary>The bytes of one read: they stay in the second-level cache, so that copying costs little.</summary>
    private const int BytesPerRead = 256 << 10;

    /// <exception cref="IOException">A read failed.</exception>
    internal static void Load(FileDescriptor file, ByteRange piece)
    {
        // This is only advice: the reads below load what it does not start.
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
