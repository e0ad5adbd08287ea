namespace Concord.Interop;

/// <summary>What is to be done with a mapped range before somebody touches it.</summary>
internal enum MappingKind
{
    /// <summary>It can be touched as it is.</summary>
    Touch,

    /// <summary>Memory without a file that nobody else can reach: an absent page has no bytes, so no lines, and is skipped.</summary>
    SkipAbsent,

    /// <summary>
    /// A file's pages. An absent one may still have lines, through another mapping of memory that has no page cache
    /// (DAX), so it is brought in, by a call that reports a read error instead of raising a signal.
    /// </summary>
    BringIn,
}

/// <summary>A part of a readable range that lies in one mapping.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="End">One byte past its last.</param>
/// <param name="Kind">What is to be done before it is touched.</param>
internal readonly record struct MappedRange(nuint Start, nuint End, MappingKind Kind);
