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

    /// <summary>
    /// Memory that the lazy writer collects into huge pages where they are whole (2 MiB on most systems), so that
    /// random hits in gigabytes spend less time on address tables: everything but views. Linux 6.1; where
    /// <see cref="FileCache.HugePagesUnsupportedReason"/> is not null, pages are as with <see cref="Automatic"/>.
    /// </summary>
    Huge,
}
