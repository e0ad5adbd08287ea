namespace Concord;

/// <summary>What a tier on disk has and did since it was opened: <see cref="DiskTier.GetCurrentStatistics"/>.</summary>
public sealed record DiskTierStatistics
{
    /// <summary>The most bytes on disk, the index (a 256th of it) not counted.</summary>
    public long CapacityBytes { get; init; }

    /// <summary>Bytes that the tier has now; its blocks may have gaps, which count as capacity too.</summary>
    public long HeldBytes { get; init; }

    /// <summary>Blocks of 64 KiB that have any of them.</summary>
    public int Blocks { get; init; }

    /// <summary>Bytes that were read from the tier in place of the stores below.</summary>
    public long BytesRead { get; init; }

    /// <summary>Bytes that were put into it.</summary>
    public long BytesAdded { get; init; }

    /// <summary>Bytes that were not put into it, because too many waited for its disk already.</summary>
    public long BytesDropped { get; init; }

    /// <summary>Pages that were dropped because they could not be read, or were not what was written.</summary>
    public long PagesDamaged { get; init; }

    /// <summary>Why nothing is put into the tier any more (a full disk, for example); null while it is.</summary>
    public string? FillFailure { get; init; }
}
