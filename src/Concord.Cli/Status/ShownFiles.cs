namespace Concord.Cli.Status;

/// <summary>
/// The files to show: all of them while they are few, and otherwise the first in an order: those with most pages in the
/// cache, if no other is asked for. It never holds more than a screenful, however many files there are.
/// </summary>
/// <param name="order">The order that was asked for; null for none.</param>
internal sealed class ShownFiles(Comparison<FileStatus>? order)
{
    /// <summary>Up to this many files, all are shown, in the order of the walk.</summary>
    internal const int AllMax = 50;

    /// <summary>How many are shown of more than that.</summary>
    internal const int LargestMax = 20;

    private readonly List<FileStatus> _held = [];
    private readonly Comparison<FileStatus> _order = order ?? MostFirst;
    private int _least;

    /// <summary>Whether an order was asked for.</summary>
    internal bool IsSorted => order is not null;

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
        else if (_order(file, _held[_least]) < 0)
        {
            _held[_least] = file;
            FindLeast();
        }
    }

    internal IReadOnlyList<FileStatus> Select()
    {
        if (!IsSelection && !IsSorted) return _held;
        _held.Sort(_order);
        return IsSelection ? _held.GetRange(0, LargestMax) : _held;
    }

    private static int MostFirst(FileStatus a, FileStatus b) => Weight(b).CompareTo(Weight(a));

    /// <summary>Files with unknown figures come first: the user has to look at them.</summary>
    private static long Weight(FileStatus file) =>
        file.ResidentPages is { } resident ? resident * file.PageSize : long.MaxValue;

    private void FindLeast()
    {
        _least = 0;
        for (int i = 1; i < _held.Count; i++)
        {
            if (_order(_held[_least], _held[i]) < 0) _least = i;
        }
    }
}
