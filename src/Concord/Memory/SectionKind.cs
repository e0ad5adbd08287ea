namespace Concord;

/// <summary>What kind of memory a cache keeps its pages in.</summary>
public enum SectionKind
{
    /// <summary>Shared where the system has it, otherwise private.</summary>
    Automatic = 0,

    /// <summary>Memory with a descriptor (a memfd), which can be mapped again as views. Linux.</summary>
    Shared,

    /// <summary>Private memory of the process: everything but views. Every system.</summary>
    Private,
}
