namespace Concord.Nt;

/// <summary>
/// What a stream has in memory: one structure for each stream, to which all its file objects point. A slot is null
/// when there is nothing; its value means nothing else to a caller. (NT: SECTION_OBJECT_POINTERS.)
/// </summary>
/// <remarks>
/// <see cref="NtFile"/> makes it, or a file system brings it, empty (<see cref="NtHost.ConcordAttach"/>); then the
/// first two slots are kept true: the first is set before the first byte of the stream is cached, the second while
/// caching is initialised for any handle. The third is the caller's; nothing here writes it.
/// </remarks>
public unsafe struct SECTION_OBJECT_POINTERS
{
    /// <summary>The section that holds the stream's bytes.</summary>
    public void* DataSectionObject;

    /// <summary>The cache's state of the stream.</summary>
    public void* SharedCacheMap;

    /// <summary>The section of the stream as a program.</summary>
    public void* ImageSectionObject;
}
