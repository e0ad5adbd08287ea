namespace Concord.SystemCache;

/// <summary>
/// An open file in the operating system's page cache: the calls that a system must have for the operation. Each system
/// has one implementation; everything else in this folder is built on it.
/// </summary>
/// <remarks>Ranges are whole pages. Safe for use by several threads at once, as the system's own calls are.</remarks>
internal abstract class PageCacheFile : IDisposable
{
    /// <summary>
    /// The first write-back that failed. The system reports such an error once and may mark the pages clean afterwards,
    /// so a later success proves nothing: once this is set, no page is dropped (I4).
    /// </summary>
    internal IOException? FailedWriteBack { get; set; }

    internal abstract string FileSystem { get; }

    /// <summary>The file's identity: equal for two paths to one file.</summary>
    internal virtual object Identity => this;

    /// <summary>The length now, in bytes.</summary>
    internal abstract long Length { get; }

    /// <summary>The length when the file was opened, for who treats it at once: costs no call.</summary>
    internal virtual long LengthWhenOpened => Length;

    /// <summary>Whether the cached pages are the file itself, so that there is nothing below to write to.</summary>
    internal abstract bool StoreIsMemory { get; }

    /// <summary>
    /// What else may have copies that this system cannot see or drop; <see langword="null"/> for nothing.
    /// </summary>
    internal virtual string? Server => null;

    /// <summary>Whether the system makes the contents when they are read and keeps none of them.</summary>
    internal virtual bool KeepsNoPages => false;

    /// <summary>Whether opening the file may drop its pages.</summary>
    internal virtual bool OpeningDropsPages => false;

    /// <summary>Why <see cref="Count"/> and <see cref="Map"/> return unknown, where they do.</summary>
    internal virtual string WhyUnknown => "the system does not tell";

    /// <summary>Whether a range is written back alone; otherwise the whole file is.</summary>
    internal abstract bool WritesBackRanges { get; }

    /// <summary>
    /// Opens a file that was found only, unless opening alone would have an effect. Idempotent.
    /// </summary>
    internal virtual void OpenFound()
    {
    }

    internal abstract PageCounts Count(ByteRange range);

    /// <summary>Which pages are resident, or <see langword="null"/> when it cannot be known.</summary>
    internal abstract PageMap? Map(ByteRange range);

    /// <summary>
    /// Starts writing and waits for it, without making anything durable: for writing in pieces before a barrier.
    /// </summary>
    /// <exception cref="IOException">A write failed.</exception>
    internal abstract void WritePiece(ByteRange piece);

    /// <summary>Writes the range (<see langword="null"/>: the file) back and makes it durable.</summary>
    /// <exception cref="IOException">A write or the barrier failed.</exception>
    internal abstract void WriteBack(ByteRange? range);

    /// <summary>
    /// Has the system begin to write the range, and does not wait for it. What fails is told by the write-back that
    /// follows.
    /// </summary>
    internal virtual void BeginWriteBack(ByteRange range)
    {
    }

    /// <summary>
    /// The file system that <see cref="WriteBackVolume"/> writes, equal for files of one; <see langword="null"/> where
    /// no call does so and tells what failed.
    /// </summary>
    internal virtual object? Volume => null;

    /// <summary>
    /// Writes everything of the file system back, whoever wrote it, and puts what describes it into the journal. What
    /// the disk has in its own cache is durable only after the next barrier of a file of it. Tells what failed since
    /// this file was opened, and not which file that concerns.
    /// </summary>
    /// <exception cref="IOException">A write failed, perhaps of another file.</exception>
    internal virtual void WriteBackVolume() => throw new NotSupportedException("the file system has no such call");

    /// <summary>Asks the system to drop clean pages; it need not do so, and does not report it.</summary>
    internal abstract void Drop(ByteRange range);

    /// <summary>
    /// Makes the pages at both ends of the range droppable without their neighbours, where one folio has both.
    /// </summary>
    internal abstract void SeparateEnds(ByteRange range);

    internal abstract Mappings FindMappings(ByteRange range);

    /// <summary>
    /// Takes pages out of the mappings found, where that is permitted and safe, and notes in
    /// <paramref name="mappings"/> what prevented it elsewhere.
    /// </summary>
    /// <param name="mappings">The result of <see cref="FindMappings"/>.</param>
    internal abstract void Trim(Mappings mappings);

    /// <summary>
    /// The pages that stayed, in ascending order and merged, with the reason and the processes that hold them.
    /// </summary>
    internal abstract IReadOnlyList<LeftRange> Explain(PageMap left, Mappings mappings);

    /// <summary>Loads a piece and waits for it.</summary>
    /// <exception cref="IOException">A read failed.</exception>
    internal abstract void LoadPiece(ByteRange piece);

    public abstract void Dispose();
}
