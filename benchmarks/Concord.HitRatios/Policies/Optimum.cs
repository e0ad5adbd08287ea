namespace Concord.HitRatios.Policies;

/// <summary>The fewest misses that are possible (Belady 1966): the page goes that is asked for again last.</summary>
internal static class Optimum
{
    internal static int CountMisses(ReadOnlySpan<int> pages, int capacity, int footprint)
    {
        int[] next = NextUses(pages, footprint), planned = new int[footprint];
        bool[] isCached = new bool[footprint];

        // A page is queued anew at each use; what does not say its present next use is passed over.
        var order = new PriorityQueue<int, int>();
        int cached = 0, misses = 0;
        for (int at = 0; at < pages.Length; at++)
        {
            int page = pages[at];
            if (!isCached[page])
            {
                misses++;
                if (cached < capacity) cached++;
                else isCached[TakeLast(order, isCached, planned)] = false;
                isCached[page] = true;
            }

            planned[page] = next[at];
            order.Enqueue(page, -next[at]);
        }

        return misses;
    }

    private static int TakeLast(PriorityQueue<int, int> order, bool[] isCached, int[] planned)
    {
        while (true)
        {
            order.TryDequeue(out int page, out int negative);
            if (isCached[page] && planned[page] == -negative) return page;
        }
    }

    /// <summary>For each request where the same page is asked for next; the largest number where never.</summary>
    private static int[] NextUses(ReadOnlySpan<int> pages, int footprint)
    {
        int[] next = new int[pages.Length], seen = new int[footprint];
        Array.Fill(seen, int.MaxValue);
        for (int at = pages.Length - 1; at >= 0; at--) (next[at], seen[pages[at]]) = (seen[pages[at]], at);
        return next;
    }
}
