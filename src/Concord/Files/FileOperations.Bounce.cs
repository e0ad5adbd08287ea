using Concord.Caching;

namespace Concord;

// Callers' buffers that lie in views.
public abstract partial class FileOperations
{
    private int ReadBounced(long offset, Span<byte> destination)
    {
        byte[] bytes = Bounce.Rent(destination.Length);
        try
        {
            int count = Read(offset, bytes.AsSpan(0, destination.Length));
            Bounce.Put(bytes.AsMemory(0, count), destination);
            return count;
        }
        finally
        {
            Bounce.Return(bytes);
        }
    }

    private async ValueTask<int> ReadBouncedAsync(long offset, Memory<byte> destination, bool isUncached,
        Scheduling.CallMode mode, CancellationToken cancellationToken)
    {
        byte[] bytes = Bounce.Rent(destination.Length);
        try
        {
            var own = bytes.AsMemory(0, destination.Length);
            int count = isUncached
                ? await ReadUncachedAsync(offset, own, mode, cancellationToken).ConfigureAwait(false)
                : await ReadAsync(offset, own, cancellationToken).ConfigureAwait(false);
            Bounce.Put(bytes.AsMemory(0, count), destination.Span);
            return count;
        }
        finally
        {
            Bounce.Return(bytes);
        }
    }

    private void WriteBounced(long offset, ReadOnlySpan<byte> source)
    {
        byte[] bytes = Bounce.Copy(source);
        try
        {
            Write(offset, bytes.AsSpan(0, source.Length));
        }
        finally
        {
            Bounce.Return(bytes);
        }
    }

    private async ValueTask WriteBouncedAsync(long offset, ReadOnlyMemory<byte> source,
        CancellationToken cancellationToken)
    {
        byte[] bytes = Bounce.Copy(source.Span);
        try
        {
            await WriteAsync(offset, bytes.AsMemory(0, source.Length), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Bounce.Return(bytes);
        }
    }

    private async ValueTask<CoherencyResult> WriteUncachedBouncedAsync(
        long offset, ReadOnlyMemory<byte> source, Scheduling.CallMode mode, CancellationToken cancellationToken)
    {
        byte[] bytes = Bounce.Copy(source.Span);
        try
        {
            return await WriteUncachedAsync(offset, bytes.AsMemory(0, source.Length), mode, cancellationToken)
                .ConfigureAwait(false);
        }
        finally
        {
            Bounce.Return(bytes);
        }
    }

    private bool TryReadBounced(long offset, Span<byte> destination, out int count)
    {
        byte[] bytes = Bounce.Rent(destination.Length);
        try
        {
            bool isRead = TryRead(offset, bytes.AsSpan(0, destination.Length), out count);
            if (isRead) Bounce.Put(bytes.AsMemory(0, count), destination);
            return isRead;
        }
        finally
        {
            Bounce.Return(bytes);
        }
    }

    private bool TryWriteBounced(long offset, ReadOnlySpan<byte> source)
    {
        byte[] bytes = Bounce.Copy(source);
        try
        {
            return TryWrite(offset, bytes.AsSpan(0, source.Length));
        }
        finally
        {
            Bounce.Return(bytes);
        }
    }
}
