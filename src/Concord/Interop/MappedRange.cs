namespace Concord.Interop;

/// <summary>What a sweep must do with a mapped range before it touches the range.</summary>
internal enum MappingKind
{
    /// <summary>Touch it as it is.</summary>
    Touch,

    /// <summary>
    /// Skip absent pages: in private memory, and in the system's shared memory, a page that is absent here is absent
    /// everywhere, and so has no lines.
    /// </summary>
    SkipAbsent,

    /// <summary>
    /// Load absent pages first: an absent page of a file may have lines through another mapping, where memory has no
    /// page cache (DAX). The call that loads it reports a read error instead of raising a signal.
    /// </summary>
    BringIn,
}

/// <summary>A part of a readable range that lies in one mapping.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="End">One byte past its last.</param>
/// <param name="Kind">What to do before it is touched.</param>
internal readonly record struct MappedRange(nuint Start, nuint End, MappingKind Kind);
