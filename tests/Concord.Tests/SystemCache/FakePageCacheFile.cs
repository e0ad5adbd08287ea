using System.Collections.Concurrent;
using Concord.SystemCache;

namespace Concord.Tests.SystemCache;

/// <summary>
/// A file on the seam whose pages are all dirty until written, and whose writes fail or are watched as told.
/// </summary>
internal sealed class FakePageCacheFile(long length) : PageCacheFile
{
    private long _resident = length / Environment.SystemPageSize, _dirty = length / Environment.SystemPageSize;

    private long _loaded;

    internal List<string> Calls { get; } = [];

    /// <summary>The calls of several files, in the order in which they came.</summary>
    internal ConcurrentQueue<string> Trace { get; init; } = [];

    internal bool WritesFail { get; set; }

    /// <summary>Whether the barrier of the file system fails.</summary>
    internal bool VolumeFails { get; init; }

    /// <summary>The file system that has a barrier.</summary>
    internal object? On { get; init; }

    internal override object? Volume => On;

    /// <summary>Makes the pages clean, without a barrier of theirs.</summary>
    internal void Clean() => _dirty = 0;

    internal Action? OnPiece { get; init; }

    /// <summary>Who has the file, where that is not this machine.</summary>
    internal string? ServedBy { get; init; }

    internal override string FileSystem => "fake";

    internal override long Length => length;

    internal override bool StoreIsMemory => false;

    internal override string? Server => ServedBy;

    internal override bool WritesBackRanges => true;

    /// <summary>
    /// How far a load reads ahead. Where that is anything, nothing is resident at first, and nothing dirty.
    /// </summary>
    internal long ReadsAhead { get; init; }

    internal override PageCounts Count(ByteRange range) => ReadsAhead == 0
        ? new(_resident, _dirty, 0)
        : new(range.Intersect(new ByteRange(0, _loaded)).Length / Environment.SystemPageSize, 0, 0);

    internal override PageMap? Map(ByteRange range) => new(0, length / Environment.SystemPageSize);

    internal override void WritePiece(ByteRange piece)
    {
        Calls.Add("piece");
        OnPiece?.Invoke();
    }

    internal override void BeginWriteBack(ByteRange range)
    {
        Calls.Add("begin");
        Trace.Enqueue("begin");
        OnPiece?.Invoke();
        _dirty = 0;
    }

    internal override void WriteBackVolume()
    {
        Calls.Add("sync");
        Trace.Enqueue("sync");
        if (VolumeFails) throw new IOException("a disk is gone", 5);
    }

    internal override void WriteBack(ByteRange? range)
    {
        Calls.Add("write");
        Trace.Enqueue("write");

        // As the kernel does: the error is told once, and the pages are clean from then on.
        _dirty = 0;
        if (WritesFail) throw new IOException("the disk is gone", 5);
    }

    internal override void Drop(ByteRange range)
    {
        Calls.Add("drop");
        Trace.Enqueue("drop");
        Assert.Equal(0, _dirty);
        _resident = 0;
    }

    internal override void SeparateEnds(ByteRange range) => Calls.Add("separate");

    internal override Mappings FindMappings(ByteRange range) => new(range, [], 0);

    internal override void Trim(Mappings mappings) => Calls.Add("trim");

    internal override IReadOnlyList<LeftRange> Explain(PageMap left, Mappings mappings) => [];

    internal override void LoadPiece(ByteRange piece)
    {
        _loaded = Math.Max(_loaded, piece.End + ReadsAhead);
        OnPiece?.Invoke();
    }

    public override void Dispose() => Calls.Add("close");
}
