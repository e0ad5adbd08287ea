using Concord.Interop;
using Concord.Stores;

namespace Concord;

/// <summary>Writes after a barrier of the file has failed.</summary>
public sealed partial class LocalFileStore
{
    /// <summary>
    /// How often a range is written past the system's cache, if pages of it are there again afterwards.
    /// </summary>
    private const int PastCacheRoundsMax = 3;

    // Opened when it is first needed, under _pastCacheGate.
    private readonly Lock _pastCacheGate = new();
    private DirectAccess? _pastCache;

    private DoubtfulFile? Doubt => DoubtfulFile.Of(_life);

    private StaleCopies? Stale => Doubt is { } doubt ? new StaleCopies(doubt, _writes, _handle, _life, Name) : null;

    /// <inheritdoc/>
    public override void DropCopies(ByteRange range) => _ = TryDropCopies(range);

    /// <returns>Whether no page of the range is in doubt.</returns>
    private bool TryDropCopies(ByteRange range) => Stale?.TryTakeOut(range) ?? true;

    /// <summary>Changes the length of the file, and cuts the bytes that are kept of it.</summary>
    private void SetLengthOfAll(long length)
    {
        if (Doubt is not { } doubt)
        {
            FileBytes.SetLength(_handle, length, Name);
            return;
        }

        // Under the gate, so that no kept bytes are written behind the new end.
        lock (doubt.Gate)
        {
            FileBytes.SetLength(_handle, length, Name);
            doubt.Cut(length);
        }
    }

    /// <summary>
    /// Writes whole pages directly, which takes them out of mappings too. The pages of the ragged ends must be
    /// droppable.
    /// </summary>
    /// <exception cref="IOException">That is not possible; the bytes do not count as written.</exception>
    private void WritePastCache(ByteRange range, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        var direct = OpenPastCache(range);
        var body = direct.WholeGrains(range);
        bool areEndsGone = TryDropCopies(ByteRange.FromBounds(range.Offset, body.Offset))
            && TryDropCopies(ByteRange.FromBounds(body.End, range.End));
        if (!areEndsGone) throw CopiesStay(range, "a part of a page cannot be written past it");

        // Write directly, and check that no page is in the system's cache again.
        for (int round = 0; round < PastCacheRoundsMax; round++)
        {
            bool isWritten;
            _writes.Begin();
            try
            {
                isWritten = direct.Write(range.Offset, pieces);
            }
            finally
            {
                _writes.End();
            }

            if (!isWritten) throw CopiesStay(range, "the file system refuses to write past it");
            if (Stale?.IsGone(body) ?? true) return;
        }

        throw CopiesStay(range, "it has them again");
    }

    private DirectAccess OpenPastCache(ByteRange range)
    {
        if (_direct is not null) return _direct;
        lock (_pastCacheGate)
        {
            if (_pastCache is not null) return _pastCache;
            var file = DirectFile.TryOpen(_handle, Name, CanWrite, onlyIfStated: false, out string? refusal);
            if (file is null) throw CopiesStay(range, $"writing past it is not possible: {refusal}");
            return _pastCache = new DirectAccess(file, _handle, Name);
        }
    }

    private IOException CopiesStay(ByteRange range, string reason) => new(
        $"cannot write {range} of {Name}: a barrier failed, the system's cache may hold bytes there that it takes for "
            + "written, "
        + $"it does not drop them (does somebody map the file?), and {reason}");
}
