using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// Room beyond the capacity for files on which stores of other files are built: one piece a level. Pages of the upper
/// files may fill the whole capacity, and some of those can leave only when a lower file has got room. A file that
/// seems to be a lower one, but is not known as such, stands aside: it has a piece of its own.
/// </summary>
internal sealed class LevelReserve
{
    /// <summary>The most files that stand aside at the same time: it bounds what they borrow.</summary>
    internal const int PlacesMax = 8;

    // _gate owns everything below, and each loan. No other lock is taken while it is held.
    // _borrowed is also read without it.
    private readonly Lock _gate = new();

    // By level; of files that stand aside, by place (below 0).
    private readonly Dictionary<int, int> _borrowedAt = [];
    private readonly Loan?[] _aside = new Loan?[PlacesMax];
    private int _borrowed;

    /// <summary>Pages that all levels have borrowed.</summary>
    internal int Borrowed => Volatile.Read(ref _borrowed);

    /// <summary>How many files stand aside now.</summary>
    internal int Aside
    {
        get
        {
            lock (_gate) return _aside.Count(static loan => loan is not null);
        }
    }

    /// <summary>
    /// Gives a file a place aside, with a piece of its own, if a place is free or its file has borrowed no page.
    /// </summary>
    /// <returns>False if the file has a place already, or none is free.</returns>
    internal bool TryStandAside(Loan loan)
    {
        lock (_gate)
        {
            if (loan.Place < 0) return false;
            int free = Array.FindIndex(_aside, static other => other is null || other.Pages == 0);
            if (free < 0) return false;
            if (_aside[free] is { } former) former.Place = 0;
            _aside[free] = loan;
            loan.Place = -1 - free;
            return true;
        }
    }

    /// <summary>Whether a file's level, or place, has so many pages left now.</summary>
    internal bool HasFor(Loan loan, int depth, int pages, int most)
    {
        lock (_gate)
        {
            int level = LevelOf(loan, depth);
            return level != 0 && _borrowedAt.GetValueOrDefault(level) + pages <= most;
        }
    }

    /// <summary>Borrows pages for a file, if its level, or place, has them left.</summary>
    /// <param name="loan">What the file has borrowed already.</param>
    /// <param name="depth">Its level.</param>
    /// <param name="pages">How many.</param>
    /// <param name="most">How many a level may borrow.</param>
    /// <param name="counters">Where the pages are counted as backed.</param>
    internal bool TryBorrow(Loan loan, int depth, int pages, int most, PageCounters counters)
    {
        lock (_gate)
        {
            int level = LevelOf(loan, depth);
            if (level == 0) return false;
            if (loan.Level != level)
            {
                // The file's level, or place, has changed: move its loan there.
                _borrowedAt[loan.Level] = _borrowedAt.GetValueOrDefault(loan.Level) - loan.Pages;
                _borrowedAt[level] = _borrowedAt.GetValueOrDefault(level) + loan.Pages;
                loan.Level = level;
            }

            if (_borrowedAt.GetValueOrDefault(level) + pages > most) return false;
            _borrowedAt[level] = _borrowedAt.GetValueOrDefault(level) + pages;
            loan.Pages += pages;

            // Count the pages first: otherwise another call could take what is borrowed for free room.
            counters.AddBacked(pages);
            Volatile.Write(ref _borrowed, _borrowed + pages);
            return true;
        }
    }

    /// <summary>Counts pages of a file as returned, borrowed ones first.</summary>
    /// <returns>How many of them were borrowed.</returns>
    internal int Repay(Loan loan, int pages)
    {
        if (loan.Pages == 0) return 0;
        lock (_gate)
        {
            pages = Math.Min(pages, loan.Pages);
            loan.Pages -= pages;
            _borrowedAt[loan.Level] -= pages;
            Volatile.Write(ref _borrowed, _borrowed - pages);
            return pages;
        }
    }

    private static int LevelOf(Loan loan, int depth) => loan.Place < 0 ? loan.Place : depth;

    /// <summary>What one file has borrowed.</summary>
    internal sealed class Loan
    {
        private volatile int _pages;
        private volatile int _place;

        internal int Pages
        {
            get => _pages;
            set => _pages = value;
        }

        /// <summary>Its place aside, below 0; 0 for none.</summary>
        internal int Place
        {
            get => _place;
            set => _place = value;
        }

        /// <summary>The level or place at which its pages are counted.</summary>
        internal int Level { get; set; }
    }
}
