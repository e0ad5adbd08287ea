using System.Buffers;

namespace Concord;

/// <summary>Pages of a cached file held in place as a sequence, for reading without a copy; of any length.</summary>
/// <remarks>
/// Not safe for use by several threads at once. The sequence and its slices end with this object: later use throws
/// <see cref="ObjectDisposedException"/>. A span taken before must not be touched afterwards.
/// </remarks>
public sealed class LeasedSequence : IDisposable
{
    private readonly IReadOnlyList<PageLease> _leases;
    private readonly ReadOnlySequence<byte> _sequence;
    private bool _isDisposed;

    internal LeasedSequence(ByteRange range, IReadOnlyList<PageLease> leases)
    {
        Range = range;
        _leases = leases;
        Segment first = new(leases[0].Memory, 0), last = first;
        for (int i = 1; i < leases.Count; i++) last = last.Append(leases[i].Memory);
        _sequence = new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    /// <summary>The bytes of the file that are held.</summary>
    public ByteRange Range { get; }

    /// <summary>The bytes, in place.</summary>
    /// <exception cref="ObjectDisposedException">The leases have ended.</exception>
    public ReadOnlySequence<byte> Sequence
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _sequence;
        }
    }

    /// <summary>Ends the leases. Does not block. Idempotent.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        foreach (var lease in _leases) lease.Dispose();
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        internal Segment(ReadOnlyMemory<byte> memory, long runningIndex)
        {
            Memory = memory;
            RunningIndex = runningIndex;
        }

        internal Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
