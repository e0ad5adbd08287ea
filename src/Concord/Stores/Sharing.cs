namespace Concord.Stores;

/// <summary>What somebody does with a file, and what he lets others do meanwhile.</summary>
/// <param name="Access">What he does.</param>
/// <param name="Share">What others may do.</param>
internal readonly record struct Sharing(FileAccess Access, FileShare Share)
{
    internal bool Writes => (Access & FileAccess.Write) != 0;

    /// <summary>Whether nobody else may do anything.</summary>
    internal bool IsAlone => (Share & FileShare.ReadWrite) == FileShare.None;

    internal bool RefusesWriters => (Share & FileShare.Write) == 0;

    /// <summary>What others would do that he does not let them.</summary>
    internal FileAccess RefusesOf(Sharing other) => other.Access & (FileAccess)~Share;

    /// <summary>Whether each lets the other do what he does.</summary>
    internal bool GoesWith(Sharing other) => RefusesOf(other) == 0 && other.RefusesOf(this) == 0;

    /// <summary>What both do, and what both let others do.</summary>
    internal Sharing With(Sharing other) => new(Access | other.Access, Share & other.Share);
}
