namespace Concord.Caching;

// The files below: those in which this one's store, or log, keeps its bytes.
internal sealed partial class FileState
{
    private static readonly ByteRange Whole = new(0, long.MaxValue);

    /// <summary>
    /// Whether the cache knows all files below: the store has named them, or its calls never lead to a file.
    /// </summary>
    internal bool NamesFilesBelow => CallsLeadNowhere || Store.Traits.NamesFilesBelow;

    /// <summary>Whether its store, or log, leads to another file, or may.</summary>
    internal bool MayLeadToFiles => !NamesFilesBelow || Level.LeadsToFiles;

    /// <summary>Whether a write is not durable in the store yet, or a view may write at any time.</summary>
    internal bool HasUnwritten => !Pending.IsZero || !Ledger.OwesNothing || Sharers.CanWrite(Whole);

    /// <summary>
    /// Whether another file is below this one, as a store has named it or a call has shown; or may be, because a store
    /// in between has named no files.
    /// </summary>
    internal bool MayLeadTo(FileState other)
    {
        if (other == this || !MayLeadToFiles) return false;
        if (Level.LeadsTo(other.Level)) return true;
        return MayLeadUnseen(this) || (Level.LeadsToFiles && Siblings.All.Any(
            file => Level.LeadsTo(file.Level) && MayLeadUnseen(file)));

        bool MayLeadUnseen(FileState file) =>
            file != other && !file.NamesFilesBelow && !other.Level.LeadsTo(file.Level);
    }
}
