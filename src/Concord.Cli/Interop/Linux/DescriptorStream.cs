using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

/// <summary>
/// Standard output or error by its descriptor. <see cref="Console"/> does the same, but costs a third of the start of
/// an empty program.
/// </summary>
/// <param name="descriptor">The descriptor.</param>
/// <param name="mayFail">
/// Whether to ignore a failed write: the work must not stop because errors cannot be reported.
/// </param>
internal sealed unsafe class DescriptorStream(int descriptor, bool mayFail = false) : Stream
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

    /// <summary>Whether anything was to be written so far, with success or not.</summary>
    internal bool IsUsed { get; private set; }

    public override void Write(ReadOnlySpan<byte> bytes)
    {
        IsUsed = true;
        fixed (byte* first = bytes)
        {
            nint done = 0;
            while (done < bytes.Length)
            {
                nint written = Libc.Write(descriptor, first + done, bytes.Length - done);
                if (written >= 0) done += written;
                else if (Marshal.GetLastPInvokeError() == Libc.Interrupted) continue;
                else if (mayFail) return;
                else throw Failure();
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

    private static Exception Failure() =>
        Marshal.GetLastPInvokeError() == Libc.BrokenPipe
            ? new ReaderGoneException()
            : Libc.LastError("write the output");
}
