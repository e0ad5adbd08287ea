namespace Concord.SystemCache;

/// <summary>
/// An open file as the operating system's page cache sees it: the few things a system must be able to do for the
/// operation. One implementation a system; everything else in this folder is built on these.
/// </summary>
/// <remarks>Ranges are whole pages. Safe for use by several threads at once, as the system's own calls are.</remarks>
internal abstract class PageCacheFile : IDisposable
{
    /// <summary>
    /// The first write-back that failed. The system reports such an error once and may call the pages clean from then
    /// on, so a later success proves nothing: whoever sees this drops no page (I4).
    /// </summary>
    internal IOException? FailedWriteBack { get; set; }

    internal abstract string FileSystem { get; }

    /// <summary>What the file is, however it was opened: two paths to one file are equal here.</summary>
    internal virtual object Identity => this;

    /// <summary>Bytes; as of now.</summary>
    internal abstract long Length { get; }

    /// <summary>Whether the cached pages are the file itself, so that there is nothing below to write to.</summary>
    internal abstract bool StoreIsMemory { get; }

    /// <summary>Who may have copies that this system cannot see or drop; <see langword="null"/> for nobody.</summary>
    internal virtual string? Server => null;

    /// <summary>Whether the system makes the contents when they are read and keeps none of them.</summary>
    internal virtual bool KeepsNoPages => false;

    /// <summary>Whether opening the file may drop its pages.</summary>
    internal virtual bool OpeningDropsPages => false;

    /// <summary>Why <see cref="Count"/> and <see cref="Map"/> do not know, where they do not.</summary>
    internal virtual string WhyUnknown => "the system does not tell";

    /// <summary>Whether a range is written back alone; otherwise the whole file is.</summary>
    internal abstract bool WritesBackRanges { get; }

    internal abstract PageCounts Count(ByteRange range);

    /// <summary>Which pages are resident, or <see langword="null"/> when it cannot be known.</summary>
    internal abstract PageMap? Map(ByteRange range);

    /// <summary>
    /// Starts and awaits writing, without making anything durable: what comes before a barrier in pieces.
    /// </summary>
    /// <exception cref="IOException">A write failed.</exception>
    internal abstract void WritePiece(ByteRange piece);

    /// <summary>Writes the range (<see langword="null"/>: the file) back and makes it durable.</summary>
    /// <exception cref="IOException">A write or the barrier failed.</exception>
    internal abstract void WriteBack(ByteRange? range);

    /// <summary>Asks the system to drop clean pages; it need not do so, and does not say.</summary>
    internal abstract void Drop(ByteRange range);

    /// <summary>
    /// Makes the pages at both ends of the range droppable without their neighbours, if joined to them.
    /// </summary>
    internal abstract void SeparateEnds(ByteRange range);

    internal abstract Mappings FindMappings(ByteRange range);

    /// <summary>
    /// Takes pages out of the mappings found, as far as it may and as is safe, and notes in <paramref name="mappings"/>
    /// what kept it from doing so.
    /// </summary>
    /// <param name="mappings">What <see cref="FindMappings"/> found.</param>
    internal abstract void Trim(Mappings mappings);

    /// <summary>The pages that stayed, in ascending order and merged, with why and who holds them.</summary>
    internal abstract IReadOnlyList<LeftRange> Explain(PageMap left, Mappings mappings);

    /// <summary>Brings a piece in and waits for it.</summary>
    /// <exception cref="IOException">A read failed.</exception>
    internal abstract void LoadPiece(ByteRange piece);

    public abstract void Dispose();
}
