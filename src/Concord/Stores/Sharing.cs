namespace Concord.Stores;

/// <summary>The access of an opening to a file, and the access that it leaves to other openings.</summary>
/// <param name="Access">What the opening does.</param>
/// <param name="Share">What other openings may do.</param>
internal readonly record struct Sharing(FileAccess Access, FileShare Share)
{
    internal bool Writes => (Access & FileAccess.Write) != 0;

    /// <summary>Whether no other opening may read or write.</summary>
    internal bool IsAlone => (Share & FileShare.ReadWrite) == FileShare.None;

    internal bool RefusesWriters => (Share & FileShare.Write) == 0;

    /// <summary>The access of another opening that this one does not permit.</summary>
    internal FileAccess RefusesOf(Sharing other) => other.Access & (FileAccess)~Share;

    /// <summary>Whether each permits the access of the other.</summary>
    internal bool GoesWith(Sharing other) => RefusesOf(other) == 0 && other.RefusesOf(this) == 0;

    /// <summary>The access of both, and what both permit to other openings.</summary>
    internal Sharing With(Sharing other) => new(Access | other.Access, Share & other.Share);
}
