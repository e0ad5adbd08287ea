using System.Runtime.InteropServices;

namespace Concord.Benchmarks.Workloads;

/// <summary>Pages of a range in the order in which native code touches them, each once.</summary>
internal sealed unsafe class PageOrder : IDisposable
{
    private PageOrder(IReadOnlyList<long> pages)
    {
        Count = pages.Count;
        Offsets = (nint*)NativeMemory.Alloc((nuint)Count, (nuint)sizeof(nint));
        for (int i = 0; i < Count; i++) Offsets[i] = (nint)(pages[i] * RandomPages.PageBytes);
    }

    /// <summary>Where each page begins.</summary>
    public nint* Offsets { get; }

    public int Count { get; }

    public long OffsetOf(int index) => Offsets[index];

    /// <summary>Every n-th page, from the first on.</summary>
    public static PageOrder Ascending(int pages, int step = 1) =>
        new([.. Enumerable.Range(0, pages / step).Select(page => (long)page * step)]);

    /// <summary>So many pages of a range, spread evenly.</summary>
    public static PageOrder Spread(long bytes, int count) =>
        new([.. Enumerable.Range(0, count).Select(page => page * (bytes / count / RandomPages.PageBytes))]);

    /// <summary>Every n-th page, at random: the same order in every run.</summary>
    public static PageOrder Shuffled(int pages, int step = 1) => new(Shuffle(pages / step, step));

    /// <summary>Runs of pages, each from its first page to its last, and the runs at random.</summary>
    public static PageOrder ShuffledRuns(int pages, int runPages) =>
        new([.. Shuffle(pages / runPages, runPages)
            .SelectMany(first => Enumerable.Range(0, runPages).Select(page => first + page))]);

    public void Dispose() => NativeMemory.Free(Offsets);

    private static long[] Shuffle(int count, int step)
    {
        long[] firsts = [.. Enumerable.Range(0, count).Select(first => (long)first * step)];
        new Random(1).Shuffle(firsts);
        return firsts;
    }
}
