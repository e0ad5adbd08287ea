namespace Concord.HitRatios.Traces;

/// <summary>Traces made by rule, the same in every run: what caches are known to be good or bad at.</summary>
internal static class GeneratedTraces
{
    private const int Requests = 400_000, Pages = 20_000;

    internal static IEnumerable<Trace> All()
    {
        yield return Trace.Of("zipf 0.9", Zipf(Pages, 0.9, seed: 1).Take(Requests));
        yield return Trace.Of("zipf 1.1", Zipf(Pages, 1.1, seed: 2).Take(Requests));
        yield return Trace.Of("loop", Enumerable.Range(0, Requests).Select(static at => (long)(at % (Pages / 2))));
        yield return Trace.Of("scan + hot set", ScanAndHotSet().Take(Requests));
        yield return Trace.Of("shifting hot set", ShiftingHotSet().Take(Requests));
        yield return Trace.Of("recency", Recency().Take(Requests));
        yield return Trace.Of("database mix", DatabaseMix().Take(Requests));
    }

    /// <summary>Page number k is asked for in proportion to 1 / k to the exponent.</summary>
    private static IEnumerable<long> Zipf(int pages, double exponent, int seed)
    {
        double[] upTo = new double[pages];
        double sum = 0;
        for (int page = 0; page < pages; page++) upTo[page] = sum += Math.Pow(page + 1, -exponent);
        var random = new Random(seed);
        while (true)
        {
            int found = Array.BinarySearch(upTo, random.NextDouble() * sum);
            yield return found < 0 ? ~found : found;
        }
    }

    /// <summary>Half goes to a hot twentieth, half reads the rest in order, again and again.</summary>
    private static IEnumerable<long> ScanAndHotSet()
    {
        const int Hot = Pages / 20;
        var random = new Random(3);
        long scanned = 0;
        while (true) yield return random.Next(2) == 0 ? random.Next(Hot) : Hot + (scanned++ % (Pages - Hot));
    }

    /// <summary>Four fifths go to a hot set, which is another one after every eighth of the trace.</summary>
    private static IEnumerable<long> ShiftingHotSet()
    {
        var random = new Random(4);
        for (long at = 0; ; at++)
        {
            long start = at / (Requests / 8) * (Pages / 10);
            yield return random.Next(5) < 4 ? start + random.Next(Pages * 3 / 40) : random.Next(Pages);
        }
    }

    /// <summary>A tenth are new pages; the others were asked for a little while ago, mostly.</summary>
    private static IEnumerable<long> Recency()
    {
        const double MeanDistance = 800;
        var random = new Random(5);
        var history = new List<long>();
        long known = 0;
        while (true)
        {
            int distance = (int)(-Math.Log(1 - random.NextDouble()) * MeanDistance);
            long page = history.Count == 0 || random.Next(10) == 0
                ? known++ : history[^(1 + Math.Min(distance, history.Count - 1))];
            history.Add(page);
            yield return page;
        }
    }

    /// <summary>Rows by popularity, a few pages of an index above them, and now and then a scan of a table.</summary>
    private static IEnumerable<long> DatabaseMix()
    {
        const int Rows = 10_000, Index = 50, Table = 15_000, Scan = 1500;
        var random = new Random(6);
        foreach (long row in Zipf(Rows, 1.0, seed: 7))
        {
            if (random.Next(2000) == 0)
            {
                long start = Rows + Index + random.Next(Table);
                for (int page = 0; page < Scan; page++) yield return start + page;
            }

            if (random.Next(3) == 0) yield return Rows + random.Next(Index);
            yield return row;
        }
    }
}
