namespace Concord.Tests.Nt;

/// <summary>
/// What a little file system stores its one file on: bytes, which are not zeros where nothing was written.
/// </summary>
internal sealed class LittleDisk(byte[] content)
{
    private const byte Garbage = 0xDD;

    // _gate owns everything below.
    private readonly Lock _gate = new();
    private byte[] _bytes = [.. content];
    private int _reads;
    private int _writes;
    private int _barriers;
    private volatile bool _failsWrites;

    internal byte[] Content
    {
        get
        {
            lock (_gate) return [.. _bytes];
        }
    }

    internal int Reads => Volatile.Read(ref _reads);

    internal int Writes => Volatile.Read(ref _writes);

    internal int Barriers => Volatile.Read(ref _barriers);

    internal bool FailsWrites
    {
        get => _failsWrites;
        set => _failsWrites = value;
    }

    internal int Read(long offset, Span<byte> destination)
    {
        lock (_gate)
        {
            _reads++;
            int count = (int)Math.Clamp(_bytes.Length - offset, 0, destination.Length);
            if (count > 0) _bytes.AsSpan((int)offset, count).CopyTo(destination);
            return count;
        }
    }

    internal void Write(long offset, ReadOnlySpan<byte> source)
    {
        lock (_gate)
        {
            _writes++;
            GrowLocked(offset + source.Length);
            source.CopyTo(_bytes.AsSpan((int)offset));
        }
    }

    internal void Barrier() => Interlocked.Increment(ref _barriers);

    internal void SetLength(long length)
    {
        lock (_gate)
        {
            GrowLocked(length);
            Array.Resize(ref _bytes, (int)length);
        }
    }

    private void GrowLocked(long length)
    {
        int former = _bytes.Length;
        if (length <= former) return;
        Array.Resize(ref _bytes, (int)length);
        _bytes.AsSpan(former).Fill(Garbage);
    }
}
