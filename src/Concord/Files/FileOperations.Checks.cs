using System.Diagnostics.CodeAnalysis;
using Concord.Caching;

namespace Concord;

// Checks of arguments. In asynchronous forms too the call itself throws, and not the task that it returns.
public abstract partial class FileOperations
{
    private int CountToRead(long offset, int length)
    {
        ThrowIfUnreadable();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return (int)Math.Clamp(State.Sizes.Length - offset, 0, length);
    }

    private void CheckWrite(long offset, int length)
    {
        if (!IsWritable) ThrowIfClosed();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, FileState.LengthMax - length);
        if (!IsWritable) ThrowIfReadOnly();
        if (offset > State.LengthLimit - length) throw TooLong(offset + length);
    }

    private void ThrowIfUnreadable()
    {
        if (!IsReadable) ThrowUnreadable();
    }

    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <exception cref="NotSupportedException">It is open for writing only.</exception>
    [DoesNotReturn]
    private void ThrowUnreadable()
    {
        ThrowIfClosed();
        throw new NotSupportedException($"{Label} was opened for writing; open it for reading and writing");
    }

    private void ThrowIfReadOnly()
    {
        if (CanWrite) return;
        throw new NotSupportedException($"{Label} was opened for reading; open it for reading and writing");
    }

    private IOException TooLong(long end) =>
        new($"{Label} cannot reach to {end}: its store holds at most {State.LengthLimit} bytes");

    private void CheckLease(ByteRange range, LeaseAccess access)
    {
        // A lease that overwrites shows no bytes of the file.
        if (access == LeaseAccess.Overwrite) ThrowIfClosed();
        else ThrowIfUnreadable();
        EnumArgument.ThrowIfUndefined(access);
        if (range.IsEmpty || range.Length > int.MaxValue || range.End > State.Sizes.Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(range),
                range,
                $"a lease covers 1 to {int.MaxValue} bytes within the file's {State.Sizes.Length}");
        }

        if (access != LeaseAccess.Read) ThrowIfReadOnly();
        if (range.End <= FileState.LengthMax) return;
        throw new IOException(
            $"{Label} cannot be cached up to {range.End}: a cache reaches to {FileState.LengthMax}; read it uncached");
    }
}
