namespace Concord.Cli.Status;

/// <summary>
/// The files to show: all of them while they are few, and otherwise those with most pages in the cache. It never holds
/// more than a screenful, however many files there are.
/// </summary>
internal sealed class ShownFiles
{
    /// <summary>Up to this many files, all are shown, in the order of the walk.</summary>
    internal const int AllMax = 50;

    /// <summary>How many are shown of more than that.</summary>
    internal const int LargestMax = 20;

    private readonly List<FileStatus> _held = [];
    private int _least;

    /// <summary>Files offered.</summary>
    internal long Offered { get; private set; }

    /// <summary>Whether only the largest are shown.</summary>
    internal bool IsSelection => Offered > AllMax;

    internal void Offer(FileStatus file)
    {
        Offered++;
        if (_held.Count < AllMax)
        {
            _held.Add(file);
            if (_held.Count == AllMax) FindLeast();
        }
        else if (Weight(file) > Weight(_held[_least]))
        {
            _held[_least] = file;
            FindLeast();
        }
    }

    internal IReadOnlyList<FileStatus> Select()
    {
        if (!IsSelection) return _held;
        _held.Sort((a, b) => Weight(b).CompareTo(Weight(a)));
        return _held.GetRange(0, LargestMax);
    }

    /// <summary>Files with unknown figures come first: the user has to look at them.</summary>
    private static long Weight(FileStatus file) =>
        file.ResidentPages is { } resident ? resident * file.PageSize : long.MaxValue;

    private void FindLeast()
    {
        _least = 0;
        for (int i = 1; i < _held.Count; i++)
        {
            if (Weight(_held[i]) < Weight(_held[_least])) _least = i;
        }
    }
}
