using System.Collections.Concurrent;
using Concord.Interop;
using Microsoft.Win32.SafeHandles;

namespace Concord.Stores;

/// <summary>
/// A file of which a barrier has failed in this process. From then on its pages in the system's cache are in doubt, for
/// every opening of the file and as long as the process lives. A page whose write-back failed looks clean, and some
/// file systems do not write it again, although the program writes it again and a barrier is good (ext4 converts the
/// unwritten blocks below a new page only when it maps the page to them again).
/// </summary>
internal sealed class DoubtfulFile
{
    // One entry for each file with a failed barrier, of which a process sees few. Where the system does not tell when a
    // file was made, another file that has the number by now only costs some system calls; while bytes are kept the
    // file stays open, and so keeps its number.
    private static readonly ConcurrentDictionary<FileLife, DoubtfulFile> All = new();

    private static volatile bool AreAny;

    // _gate owns everything below. It comes after Gate.
    private readonly Lock _gate = new();
    private readonly RangeList _takenOut = new();
    private List<(long Offset, byte[] Bytes)> _kept = [];

    // Not null while bytes are kept: an open file's number is not given to another file, which would show them.
    private IDisposable? _open;
    private long _failures;

    private DoubtfulFile()
    {
    }

    /// <summary>The lock for taking pages out of the system's cache: one thread at a time.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>How many barriers have failed.</summary>
    internal long Failures
    {
        get
        {
            lock (_gate) return _failures;
        }
    }

    /// <summary>The state of a file; null as long as its barriers are good.</summary>
    internal static DoubtfulFile? Of(FileLife life) => AreAny ? All.GetValueOrDefault(life) : null;

    /// <summary>
    /// Notes that a barrier has failed: every page is in doubt, also those that were taken out before.
    /// </summary>
    internal static void NoteFailure(FileLife life)
    {
        var file = All.GetOrAdd(life, static _ => new DoubtfulFile());
        AreAny = true;
        lock (file._gate)
        {
            file._failures++;
            file._takenOut.Take();
        }
    }

    /// <summary>Whether pages were taken out since the last barrier failed.</summary>
    internal bool IsTakenOut(ByteRange pages)
    {
        lock (_gate) return _takenOut.Contains(pages);
    }

    /// <summary>Notes that pages were seen to be gone; without effect if a barrier has failed meanwhile.</summary>
    internal void NoteTakenOut(ByteRange pages, long failures)
    {
        lock (_gate)
        {
            if (_failures != failures) return;

            // A full list would become one range that covers pages in doubt as well.
            if (_takenOut.Count == RangeList.RangesMax) _takenOut.Take();
            _takenOut.Add(pages);
        }
    }

    /// <summary>
    /// Keeps bytes of other programs that were dropped and are not on the disk, until they are written.
    /// </summary>
    internal void Keep(SafeFileHandle file, long offset, byte[] bytes)
    {
        lock (_gate)
        {
            _open ??= FilePages.KeepOpen(file);
            _kept = [.. _kept, (offset, bytes)];
        }
    }

    /// <summary>Cuts the kept bytes with the file.</summary>
    internal void Cut(long length)
    {
        lock (_gate) Replace([.. _kept.Where(kept => kept.Offset < length).Select(kept => CutAt(kept, length))]);

        static (long Offset, byte[] Bytes) CutAt((long Offset, byte[] Bytes) kept, long length) =>
            kept.Offset + kept.Bytes.Length <= length ? kept : (kept.Offset, kept.Bytes[..(int)(length - kept.Offset)]);
    }

    /// <summary>Bytes that are kept; a snapshot.</summary>
    internal IReadOnlyList<(long Offset, byte[] Bytes)> Kept
    {
        get
        {
            lock (_gate) return _kept;
        }
    }

    /// <summary>Drops kept bytes that have been written.</summary>
    internal void Forget((long Offset, byte[] Bytes) written)
    {
        lock (_gate) Replace([.. _kept.Where(kept => kept.Bytes != written.Bytes)]);
    }

    /// <summary>Copies kept bytes over bytes that were read.</summary>
    internal void Overlay(long offset, Span<byte> read)
    {
        foreach (var (start, bytes) in Kept)
        {
            var both = new ByteRange(start, bytes.Length).Intersect(new ByteRange(offset, read.Length));
            if (both.IsEmpty) continue;
            bytes.AsSpan((int)(both.Offset - start), (int)both.Length).CopyTo(read[(int)(both.Offset - offset)..]);
        }
    }

    private void Replace(List<(long Offset, byte[] Bytes)> kept)
    {
        _kept = kept;
        if (kept.Count > 0) return;
        _open?.Dispose();
        _open = null;
    }
}
