namespace Concord.Tests.Simulation;

/// <summary>How safe a piece of what a store was told is.</summary>
internal enum CrashState
{
    /// <summary>The call has not returned.</summary>
    InFlight,

    /// <summary>The store accepted it, and no barrier has covered it.</summary>
    Accepted,

    /// <summary>The barrier that should have covered it failed; no later one makes it safe.</summary>
    Doubtful,

    /// <summary>A good barrier covers it.</summary>
    Covered,
}

/// <summary>One sector's worth of a write, or one change of length.</summary>
internal sealed record CrashPiece(long Offset, byte[] Bytes, long? Length)
{
    internal CrashState State { get; set; }

    /// <summary>The number of the failed barrier that put it in doubt; 0 if none did.</summary>
    internal int Failure { get; set; }

    /// <summary>Whether a good barrier can cover it: not if copies of it stayed in doubt below the store.</summary>
    internal bool Counts { get; init; } = true;

    internal ByteRange Range => new(Offset, Bytes.Length);

    internal bool Contains(CrashPiece other) => Length is null && other.Length is null && Range.Contains(other.Range);

    internal CrashPiece CutAt(int bytes) => new(Offset, Bytes[..bytes], Length)
    {
        State = State,
        Failure = Failure,
        Counts = Counts,
    };

    // Two pieces with the same bytes are still two.
    public bool Equals(CrashPiece? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
