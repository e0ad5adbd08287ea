using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

/// <summary>
/// Standard output or error by its descriptor. <see cref="Console"/> does the same, and costs a third of an empty
/// program's whole start for it.
/// </summary>
internal sealed unsafe class DescriptorStream(int descriptor) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* first = bytes)
        {
            nint done = 0;
            while (done < bytes.Length)
            {
                nint written = Libc.Write(descriptor, first + done, bytes.Length - done);
                if (written >= 0) done += written;
                else ThrowUnlessInterrupted();
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static void ThrowUnlessInterrupted()
    {
        int errno = Marshal.GetLastPInvokeError();
        if (errno == Libc.Interrupted) return;
        if (errno == Libc.BrokenPipe) throw new ReaderGoneException();
        throw Libc.LastError("write the output");
    }
}
