namespace Concord.Caching;

/// <summary>
/// Pages that left lately: about when each was used last, and how often. A page is known by its hash, of which a part
/// is kept. It has its place in one of eight words; where they are full, the one that left first is forgotten.
/// </summary>
/// <remarks>Blocks are made when the first page falls into them.</remarks>
internal sealed class GhostTable
{
    private const int Ways = 8, BlockShift = 9, BlockBuckets = 1 << BlockShift;

    /// <summary>More are not remembered: enough for a cache of 2 TiB.</summary>
    private const long PagesMax = 1L << 30;

    // A word: a bit that is set, 24 of the hash, when the page left and was used last (16 each), and its uses.
    private const ulong Taken = 1UL << 63;
    private const int TagShift = 36, LeftShift = 20, LastUseShift = 4, TagBits = 24;

    private readonly ulong[]?[] _blocks;
    private readonly uint _buckets;
    private readonly int _ageMax;

    /// <param name="pages">How many pages it remembers.</param>
    /// <param name="ageMax">How many generations it remembers a page for.</param>
    internal GhostTable(long pages, int ageMax)
    {
        _buckets = (uint)((Math.Min(pages, PagesMax) + Ways - 1) / Ways);
        _blocks = new ulong[]?[(_buckets + BlockBuckets - 1) >> BlockShift];
        _ageMax = ageMax;
    }

    /// <summary>Remembers a page.</summary>
    internal void Add(ulong hash, in Ghost ghost, int now)
    {
        var words = BucketOf(hash, makes: true);
        int oldest = 0, oldestAge = -1;
        for (int way = 0; way < Ways; way++)
        {
            int age = (words[way] & Taken) == 0 ? int.MaxValue : AgeOf(words[way], now);
            if (age <= oldestAge) continue;
            (oldest, oldestAge) = (way, age);
        }

        words[oldest] = Taken | (TagOf(hash) << TagShift) | ((ulong)(ushort)now << LeftShift)
            | ((ulong)(ushort)ghost.LastUse << LastUseShift) | (uint)ghost.Uses;
    }

    /// <summary>Forgets a page that comes back, and says what was known of it.</summary>
    internal bool TryTake(ulong hash, int now, out Ghost ghost)
    {
        ghost = default;
        ulong known = Taken >> TagShift | TagOf(hash);
        foreach (ref ulong word in BucketOf(hash, makes: false))
        {
            if (word >> TagShift != known) continue;
            bool isKnown = AgeOf(word, now) <= _ageMax;
            if (isKnown)
            {
                ghost = new Ghost(
                    now - (ushort)(now - (ushort)(word >> LastUseShift)), (int)(word & PageNode.UsesMax),
                    now - AgeOf(word, now));
            }

            word = 0;
            return isKnown;
        }

        return false;
    }

    private static int AgeOf(ulong word, int now) => (ushort)(now - (ushort)(word >> LeftShift));

    private static ulong TagOf(ulong hash) => hash & ((1 << TagBits) - 1);

    private Span<ulong> BucketOf(ulong hash, bool makes)
    {
        uint bucket = (uint)((hash >> 32) * _buckets >> 32);
        ref var block = ref _blocks[bucket >> BlockShift];
        if (block is null && !makes) return [];
        block ??= new ulong[Math.Min(_buckets, BlockBuckets) * Ways];
        return block.AsSpan((int)(bucket & (BlockBuckets - 1)) * Ways, Ways);
    }
}

/// <summary>What is known of a page that left.</summary>
/// <param name="LastUse">When it was used last.</param>
/// <param name="Uses">How often it was used lately, when it left.</param>
/// <param name="Left">When it left.</param>
internal readonly record struct Ghost(int LastUse, int Uses, int Left);
