using System.Buffers;
using System.Diagnostics;

namespace Concord;

/// <summary>
/// A region of memory that takes part in flushes of everything registered. Dispose it before its memory goes away.
/// </summary>
/// <remarks>Thread safe.</remarks>
public sealed class RegisteredRegion : IDisposable
{
    /// <summary>Set in <see cref="_uses"/> when the region is closed to new flushes.</summary>
    private const int Closed = 1 << 30;

    private readonly MemoryHandle _pin;

    /// <summary>How many flushes are inside, and <see cref="Closed"/>.</summary>
    private int _uses;

    internal RegisteredRegion(nint address, nuint length, MemoryHandle pin)
    {
        Address = address;
        Length = length;
        _pin = pin;
    }

    /// <summary>The first byte.</summary>
    public nint Address { get; }

    /// <summary>Bytes.</summary>
    public nuint Length { get; }

    /// <summary>
    /// Removes the region. When it returns, no flush is inside the region and none will enter, so its memory may be
    /// freed. A second call does nothing more.
    /// </summary>
    /// <remarks>Thread safe. Waits for flushes that are inside this region, at most for the time that flushing it
    /// takes; a flush never waits for it. Allocates.</remarks>
    public void Dispose()
    {
        bool first = (Interlocked.Or(ref _uses, Closed) & Closed) == 0;
        var spin = new SpinWait();
        while (Volatile.Read(ref _uses) != Closed) spin.SpinOnce();
        if (!first) return;
        Processor.RegisteredRegions.Remove(this);
        _pin.Dispose();
    }

    /// <summary>Keeps the region from going away; false when it already has.</summary>
    internal bool TryEnter()
    {
        if ((Interlocked.Increment(ref _uses) & Closed) == 0) return true;
        Leave();
        return false;
    }

    internal void Leave()
    {
        int uses = Interlocked.Decrement(ref _uses);
        Debug.Assert(uses >= 0, "a flush leaves a region once for each time it entered");
    }
}
