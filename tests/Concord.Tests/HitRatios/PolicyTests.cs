using BitFaster.Caching.Lfu;
using BitFaster.Caching.Lru;
using BitFaster.Caching.Scheduler;
using Concord.HitRatios;
using Concord.HitRatios.Policies;
using Concord.HitRatios.Traces;

namespace Concord.Tests.HitRatios;

/// <summary>
/// The replacement policies that are compared: small cases worked out by hand, and others' implementations.
/// </summary>
public sealed class PolicyTests
{
    private static readonly Trace Popular = Beginning(GeneratedTraces.All().First(), 60_000);

    public static TheoryData<string> Names =>
        [.. PolicyKind.Rivals.Append(PolicyKind.Own).Select(static kind => kind.Name)];

    [Theory]
    [InlineData("FIFO", 2, "0 1 0 2 0", "- - + - -")]
    [InlineData("CLOCK", 2, "0 1 0 2 0 1", "- - + - + -")]
    [InlineData("LRU", 2, "0 1 0 2 0 1", "- - + - + -")]
    [InlineData("LRU", 2, "0 1 2 0", "- - - -")]
    [InlineData("LRU-2", 2, "0 0 1 2 0 1 0", "- + - - + - +")]
    [InlineData("ARC", 2, "0 0 1 2 1 0 1 0 2", "- + - - - - + + -")]
    [InlineData("LIRS", 3, "0 1 2 3 0 1 2 3 0 1", "- - - - + + - - + +")]
    [InlineData("S3-FIFO", 4, "0 0 0 1 2 3 4 5 6 0", "- + + - - - - - - +")]
    [InlineData("W-TinyLFU", 4, "0 0 0 1 2 3 4 5 6 0", "- + + - - - - - - +")]
    [InlineData("Concord", 3, "0 1 2 3 0 1 2 3 0 1", "- - - - + + - - + +")]
    public void A_small_case_goes_as_worked_out_by_hand(string policy, int capacity, string requests, string hits)
    {
        int[] pages = [.. requests.Split(' ').Select(static page => int.Parse(page, null))];
        var made = Find(policy).Make(capacity, pages.Max() + 1);
        Assert.Equal(hits, string.Join(' ', pages.Select(page => made.Request(page) ? "+" : "-")));
    }

    [Fact]
    public void The_optimum_takes_out_what_is_asked_for_last()
    {
        Assert.Equal(4, Optimum.CountMisses([0, 1, 2, 0, 1, 2], capacity: 2, footprint: 3));
        Assert.Equal(3, Optimum.CountMisses([0, 1, 2, 0, 1, 2], capacity: 3, footprint: 3));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_policy_misses_less_than_the_optimum_or_hits_what_was_never_asked_for(string name)
    {
        for (int seed = 0; seed < 15; seed++)
        {
            var random = new Random(seed);
            int footprint = random.Next(5, 60), capacity = random.Next(2, footprint);
            int Draw() => Math.Min(random.Next(footprint), random.Next(footprint));
            int[] pages = [.. Enumerable.Range(0, 3000).Select(_ => Draw())];
            double best = (double)Optimum.CountMisses(pages, capacity, footprint) / pages.Length;
            double ratio = Replay.MissRatio(new Trace("", pages, footprint), Find(name).Make(capacity, footprint));
            Assert.InRange(ratio, best, 1);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_fits_is_missed_once(string name)
    {
        int[] pages = [.. Enumerable.Range(0, 1000).Select(static at => at % 50)];
        Assert.Equal(0.05, Replay.MissRatio(new Trace("", pages, 50), Find(name).Make(50, 50)), precision: 9);
    }

    [Fact]
    public void LRU_hits_what_another_implementation_hits()
    {
        const int Capacity = 300;
        var other = new ClassicLru<int, int>(Capacity);
        var ours = Find("LRU").Make(Capacity, Popular.Footprint);
        foreach (int page in Popular.Pages)
        {
            bool isHit = other.TryGet(page, out _);
            if (!isHit) other.AddOrUpdate(page, page);
            Assert.Equal(isHit, ours.Request(page));
        }
    }

    [Fact]
    public void W_TinyLFU_misses_about_as_often_as_another_implementation()
    {
        const int Capacity = 300;
        var other = new ConcurrentLfu<int, int>(
            concurrencyLevel: 1, Capacity, new ForegroundScheduler(), EqualityComparer<int>.Default);
        int misses = 0;
        foreach (int page in Popular.Pages)
        {
            if (other.TryGet(page, out _)) continue;
            misses++;
            other.AddOrUpdate(page, page);
        }

        double ours = Replay.MissRatio(Popular, Find("W-TinyLFU").Make(Capacity, Popular.Footprint));
        Assert.InRange(ours - ((double)misses / Popular.Pages.Length), -0.02, 0.02);
    }

    private static Trace Beginning(Trace whole, int requests) =>
        Trace.Of("a part", whole.Pages[..requests].Select(static page => (long)page));

    private static PolicyKind Find(string name) =>
        PolicyKind.Rivals.Append(PolicyKind.Own).Single(kind => kind.Name == name);
}
