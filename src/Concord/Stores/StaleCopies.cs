using Concord.Interop;
using Microsoft.Win32.SafeHandles;

namespace Concord.Stores;

/// <summary>
/// Takes pages of a doubtful file out of the system's cache before they are written again, and checks that they are
/// gone. Neighbouring bytes that leave with them may be another program's only copy: they are read first, compared with
/// the disk afterwards, and written again where they differ.
/// </summary>
/// <remarks>
/// Writes of this process wait meanwhile. Other programs do not: if one writes into the same pages between two of these
/// steps, a part may be lost, as it may be whenever two programs write one page.
/// </remarks>
internal sealed class StaleCopies(
    DoubtfulFile doubt, WritesUnderWay writes, SafeFileHandle file, FileLife life, string path)
{
    /// <summary>The largest unit of the system's cache, which it drops whole or not at all.</summary>
    private const int FolioBytesMax = 2 << 20;

    private const int RoundsMax = 3;

    private static readonly int PageBytes = Environment.SystemPageSize;

    /// <summary>Takes the pages of a range out.</summary>
    /// <returns>
    /// Whether they were seen to be gone; otherwise a program maps them, or the system does not tell.
    /// </returns>
    /// <exception cref="IOException">
    /// Bytes of other programs could not be written, or the disk still fails; the dropped bytes are kept.
    /// </exception>
    internal bool TryTakeOut(ByteRange range)
    {
        if (range.IsEmpty) return true;
        var pages = range.RoundOut(PageBytes);
        lock (doubt.Gate)
        {
            WriteKept();
            long failures = doubt.Failures;
            if (doubt.IsTakenOut(pages)) return true;
            long length = FileBytes.GetLength(file, path);
            var around = range.RoundOut(FolioBytesMax).Intersect(new ByteRange(0, length).RoundOut(PageBytes));

            // Behind the end there is nothing to take out.
            if (around.IsEmpty) return true;
            bool isGone = DropAndKeep(range, pages.Intersect(around), around, length);
            WriteKept();
            if (isGone) doubt.NoteTakenOut(pages, failures);
            return isGone;
        }
    }

    /// <summary>Drops pages, and keeps neighbouring bytes that are lost by that.</summary>
    private bool DropAndKeep(ByteRange range, ByteRange pages, ByteRange around, long length)
    {
        writes.Close();
        try
        {
            var neighbours = ReadNeighbours(range, around, length);
            try
            {
                return Drop(pages, around);
            }
            finally
            {
                KeepWhatWasLost(neighbours);
            }
        }
        finally
        {
            writes.Open();
        }
    }

    /// <summary>Writes bytes of other programs that were dropped and are not on the disk.</summary>
    /// <exception cref="IOException">They cannot be written now; they are kept.</exception>
    internal void WriteKept()
    {
        // Under the gate: otherwise two threads could write them, the second over later bytes.
        lock (doubt.Gate)
        {
            foreach (var kept in doubt.Kept)
            {
                FileBytes.Write(file, kept.Bytes, kept.Offset, path);
                doubt.Forget(kept);
            }
        }
    }

    /// <summary>Whether none of these pages is in the system's cache.</summary>
    internal bool IsGone(ByteRange pages)
    {
        for (long at = pages.Offset; at < pages.End; at += FolioBytesMax)
        {
            int count = (int)(Math.Min(pages.End - at, FolioBytesMax) / PageBytes);
            if (FilePages.Resident(file, at, count) is not { } resident || Array.IndexOf(resident, true) >= 0)
                return false;
        }

        return true;
    }

    private bool Drop(ByteRange pages, ByteRange around)
    {
        FilePages.Drop(file, pages.Offset, pages.Length);
        for (int round = 1; round < RoundsMax && !IsGone(pages); round++)
        {
            // Dirty pages stay, and pages in one unit with neighbours that stay: flush, and drop a wider range.
            try
            {
                FileDurability.Flush(file, ShownText.Of(path));
            }
            catch (IOException)
            {
                DoubtfulFile.NoteFailure(life);
                throw;
            }

            FilePages.Drop(file, around.Offset, around.Length);
        }

        return IsGone(pages);
    }

    /// <summary>
    /// Reads the bytes around a range that only the system's cache may have: those of resident pages.
    /// </summary>
    private List<(long Offset, byte[] Bytes)> ReadNeighbours(ByteRange range, ByteRange around, long length)
    {
        var neighbours = new List<(long, byte[])>();
        foreach (var side in (ByteRange[])[Between(around.Offset, range.Offset),
            Between(range.End, Math.Min(around.End, length))])
        {
            if (side.IsEmpty) continue;
            var pages = side.RoundOut(PageBytes);
            bool[]? resident = FilePages.Resident(file, pages.Offset, (int)(pages.Length / PageBytes));
            for (int page = 0; page < pages.Length / PageBytes; page++)
            {
                if (resident?[page] == false) continue;
                var bytes = new ByteRange(pages.Offset + ((long)page * PageBytes), PageBytes).Intersect(side);
                neighbours.Add((bytes.Offset, Read(bytes)));
            }
        }

        return neighbours;
    }

    /// <summary>Keeps the neighbouring bytes that are neither in the system's cache nor on the disk any more.</summary>
    private void KeepWhatWasLost(List<(long Offset, byte[] Bytes)> neighbours)
    {
        // Look at all pages before one is read, since a read brings its neighbours in. A resident page was not dropped,
        // and may be newer.
        var dropped = neighbours.FindAll(
            neighbour => FilePages.Resident(file, neighbour.Offset & -(long)PageBytes, 1) is [false]);
        foreach (var (offset, bytes) in dropped)
        {
            if (!IsOnDisk(offset, bytes)) doubt.Keep(file, offset, bytes);
        }
    }

    private bool IsOnDisk(long offset, byte[] bytes)
    {
        try
        {
            return Read(new ByteRange(offset, bytes.Length)).AsSpan().SequenceEqual(bytes);
        }
        catch (IOException)
        {
            // The bytes are kept, and the write will show whether the disk works.
            return false;
        }
    }

    private byte[] Read(ByteRange range)
    {
        byte[] bytes = new byte[range.Length];
        int done = 0;
        while (done < bytes.Length)
        {
            int count = FileBytes.Read(file, bytes.AsSpan(done), range.Offset + done, path);
            if (count == 0) return bytes[..done];
            done += count;
        }

        return bytes;
    }

    private static ByteRange Between(long start, long end) => ByteRange.FromBounds(start, Math.Max(start, end));
}
