namespace Concord.Caching;

/// <summary>The order in which files are written and closed whose stores may be built on each other.</summary>
internal static class StackOrder
{
    /// <summary>
    /// Sorts files from the top: each file comes after all that are known to lead to it. Where that leaves a choice,
    /// files whose stores have not named what is below come first, since any other file may be. Of two such files the
    /// one opened later comes first: its store probably got the other one when it was made.
    /// </summary>
    internal static List<FileState> FromTheTop(IEnumerable<FileState> files)
    {
        // The next file is always the last of those left. LINQ does not sort them: it loads an assembly for that, which
        // a process without a free descriptor cannot do.
        List<FileState> left = [], silent = [];
        foreach (var file in files) (file.NamesFilesBelow ? left : silent).Add(file);
        left.Sort(static (one, other) => one.Number.CompareTo(other.Number));
        silent.Sort(static (one, other) => one.Number.CompareTo(other.Number));
        left.AddRange(silent);
        var above = left.FindAll(static file => file.Level.LeadsToFiles);
        var sorted = new List<FileState>(left.Count);
        while (left.Count > 0)
        {
            int next = left.FindLastIndex(file => !above.Exists(other => other.Level.LeadsTo(file.Level)));
            sorted.Add(left[next]);
            above.Remove(left[next]);
            left.RemoveAt(next);
        }

        return sorted;
    }
}
