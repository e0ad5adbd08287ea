using System.Numerics;

namespace Concord.Memory;

/// <summary>Sets of the pages of an extent, one bit a page.</summary>
internal static class PageMask
{
    internal const ulong None = 0;
    internal const ulong All = ulong.MaxValue >> (WordBits - PageGeometry.PagesPerExtent);

    /// <summary>Bits of a mask; an extent may have fewer pages.</summary>
    private const int WordBits = 64;

    /// <summary>The pages [first, first + count).</summary>
    internal static ulong Of(int first, int count) => count switch
    {
        0 => None,
        PageGeometry.PagesPerExtent => All,
        _ => ((1UL << count) - 1) << first,
    };

    /// <summary>Neighbouring pages by their first and their last; without a branch, for hits.</summary>
    internal static ulong FromTo(int first, int last) =>
        All >> (PageGeometry.PagesPerExtent - 1 - last + first) << first;

    /// <summary>The lowest page of a set that is not empty.</summary>
    internal static int First(ulong mask) => BitOperations.TrailingZeroCount(mask);

    /// <summary>How many pages the set has.</summary>
    internal static int Count(ulong mask) => BitOperations.PopCount(mask);

    /// <summary>The first run of neighbouring pages of a set; empty when the set is.</summary>
    internal static ulong FirstRun(ulong mask)
    {
        if (mask == None) return None;
        int first = First(mask);
        int count = BitOperations.TrailingZeroCount(~(mask >> first));
        return Of(first, Math.Min(count, PageGeometry.PagesPerExtent - first));
    }

    /// <summary>The runs of neighbouring pages of a set, the lowest first.</summary>
    internal static RunsOfMask Runs(ulong mask) => new(mask);

    /// <summary>The highest page of a set that is not empty, as a run.</summary>
    internal static ulong LastRun(ulong mask) => 1UL << (WordBits - 1 - BitOperations.LeadingZeroCount(mask));

    /// <summary>The longest run of neighbouring pages of a set, the lowest of equals; empty when the set is.</summary>
    internal static ulong LongestRun(ulong mask)
    {
        ulong longest = None;
        while (mask != None)
        {
            ulong run = FirstRun(mask);
            if (Count(run) > Count(longest)) longest = run;
            mask &= ~run;
        }

        return longest;
    }

    /// <summary>The runs of a set, to be walked over once. Allocates nothing.</summary>
    internal struct RunsOfMask(ulong rest)
    {
        public ulong Current { get; private set; }

        public readonly RunsOfMask GetEnumerator() => this;

        public bool MoveNext()
        {
            Current = FirstRun(rest);
            rest &= ~Current;
            return Current != None;
        }
    }
}
