namespace Concord.HitRatios.Traces;

/// <summary>Requests for pages, in their order.</summary>
/// <param name="Name">What the trace is called.</param>
/// <param name="Pages">The pages, renumbered from 0 in the order in which they came first.</param>
/// <param name="Footprint">How many different pages there are.</param>
internal sealed record Trace(string Name, int[] Pages, int Footprint)
{
    /// <summary>Makes a trace of any numbers.</summary>
    internal static Trace Of(string name, IEnumerable<long> numbers)
    {
        var known = new Dictionary<long, int>();
        var pages = new List<int>();
        foreach (long number in numbers)
        {
            if (!known.TryGetValue(number, out int page)) known[number] = page = known.Count;
            pages.Add(page);
        }

        return new Trace(name, [.. pages], known.Count);
    }
}
