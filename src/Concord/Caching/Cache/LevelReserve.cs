using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// Room beyond the capacity for files on which stores of other files are built: one piece a level. Pages of upper files
/// may fill the whole capacity, and some of them can leave only after a lower file has got room.
/// </summary>
internal sealed class LevelReserve
{
    // _gate owns everything below, and each loan. Nothing is taken inside. _borrowed is also read without it.
    private readonly Lock _gate = new();
    private readonly Dictionary<int, int> _borrowedAt = [];
    private int _borrowed;

    /// <summary>Pages that all levels have borrowed.</summary>
    internal int Borrowed => Volatile.Read(ref _borrowed);

    /// <summary>Whether a level has so many pages left now.</summary>
    internal bool HasFor(int depth, int pages, int most)
    {
        lock (_gate) return _borrowedAt.GetValueOrDefault(depth) + pages <= most;
    }

    /// <summary>Borrows pages for a file, if its level has them left.</summary>
    /// <param name="loan">What the file has borrowed already.</param>
    /// <param name="depth">Its level.</param>
    /// <param name="pages">How many.</param>
    /// <param name="most">How many a level may borrow.</param>
    /// <param name="counters">Where the pages are counted as backed.</param>
    internal bool TryBorrow(Loan loan, int depth, int pages, int most, PageCounters counters)
    {
        lock (_gate)
        {
            if (loan.Depth != depth)
            {
                // The file's level has changed: move its loan to the new level.
                _borrowedAt[loan.Depth] = _borrowedAt.GetValueOrDefault(loan.Depth) - loan.Pages;
                _borrowedAt[depth] = _borrowedAt.GetValueOrDefault(depth) + loan.Pages;
                loan.Depth = depth;
            }

            if (_borrowedAt.GetValueOrDefault(depth) + pages > most) return false;
            _borrowedAt[depth] = _borrowedAt.GetValueOrDefault(depth) + pages;
            loan.Pages += pages;

            // Count the pages first: otherwise another call could take what is borrowed for free room.
            counters.AddBacked(pages);
            Volatile.Write(ref _borrowed, _borrowed + pages);
            return true;
        }
    }

    /// <summary>Counts pages of a file as returned, borrowed ones first.</summary>
    internal void Repay(Loan loan, int pages)
    {
        if (loan.Pages == 0) return;
        lock (_gate)
        {
            pages = Math.Min(pages, loan.Pages);
            loan.Pages -= pages;
            _borrowedAt[loan.Depth] -= pages;
            Volatile.Write(ref _borrowed, _borrowed - pages);
        }
    }

    /// <summary>What one file has borrowed.</summary>
    internal sealed class Loan
    {
        private volatile int _pages;

        internal int Pages
        {
            get => _pages;
            set => _pages = value;
        }

        internal int Depth { get; set; }
    }
}
