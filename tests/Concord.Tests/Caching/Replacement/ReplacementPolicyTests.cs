using Concord.Caching;

namespace Concord.Tests.Caching.Replacement;

/// <summary>The policy alone: what it keeps, what it counts, and what it costs.</summary>
public sealed class ReplacementPolicyTests
{
    private const int Capacity = 1000;

    [Fact]
    public void Pages_used_again_stay_while_others_pass_once()
    {
        var pages = new NumberedPages(Capacity);
        uint passing = 100_000;
        for (int turn = 0; turn < 20_000; turn++)
        {
            pages.Request((uint)(turn % 500), Capacity);
            pages.Request(passing++, Capacity);
        }

        int there = Enumerable.Range(0, 500).Count(page => pages.Has((uint)page));
        Assert.InRange(there, 495, 500);
    }

    [Fact]
    public void A_part_of_a_loop_that_does_not_fit_stays()
    {
        var pages = new NumberedPages(Capacity);
        int hits = 0;
        for (int turn = 0; turn < 40_000; turn++) hits += pages.Request((uint)(turn % 2000), Capacity) ? 1 : 0;
        Assert.InRange(hits / 40_000.0, 0.4, 0.5);
    }

    [Fact]
    public void A_page_loaded_ahead_and_not_used_leaves_before_pages_that_were_used_and_is_not_remembered()
    {
        var pages = new NumberedPages(Capacity);
        for (uint page = 0; page < Capacity; page++) pages.Request(page, Capacity);
        for (uint page = 0; page < 100; page++)
        {
            pages.Evict();
            pages.Add(10_000 + page, isAhead: true);
        }

        for (uint page = 20_000; page < 22_000; page++) pages.Request(page, Capacity);
        Assert.DoesNotContain(Enumerable.Range(10_000, 100), page => pages.Has((uint)page));
    }

    [Fact]
    public void Pages_loaded_ahead_stay_until_they_are_used_although_others_come()
    {
        var pages = new NumberedPages(Capacity);
        for (uint page = 0; page < Capacity; page++) pages.Request(page, Capacity);
        for (uint page = 0; page < 100; page++)
        {
            pages.Evict();
            pages.Add(10_000 + page, isAhead: true);
        }

        for (uint page = 20_000; page < 20_100; page++) pages.Request(page, Capacity);
        for (uint page = 0; page < 100; page++) Assert.True(pages.Request(10_000 + page, Capacity));
    }

    [Fact]
    public void The_first_use_of_a_page_loaded_ahead_does_not_count_as_a_second()
    {
        var pages = new NumberedPages(Capacity);
        for (int round = 0; round < 50; round++)
        {
            for (uint page = 0; page < 500; page++) pages.Request(page, Capacity);
            for (uint page = 0; page < 100; page++)
            {
                uint ahead = (uint)(100_000 + (round * 100)) + page;
                while (pages.Count >= Capacity) pages.Evict();
                pages.Add(ahead, isAhead: true);
                pages.Use(ahead);
            }
        }

        int there = Enumerable.Range(0, 500).Count(page => pages.Has((uint)page));
        Assert.InRange(there, 490, 500);
    }

    [Fact]
    public void Pages_that_have_gone_are_forgotten_as_others_come_and_their_numbers_may_be_used_again()
    {
        var pages = new NumberedPages(Capacity);
        for (int round = 0; round < 200; round++)
        {
            for (uint page = 0; page < 100; page++)
            {
                uint number = (uint)(round * 100) + page;
                pages.Add(number);
                pages.Lose(number);
            }
        }

        Assert.InRange(pages.Policy.Count, 0, 150);
        Assert.True(pages.Policy.IsExact());
    }

    [Fact]
    public void A_choice_looks_at_few_pages_although_all_are_used_or_none_can_leave()
    {
        var pages = new NumberedPages(50_000);
        for (uint page = 0; page < 50_000; page++) pages.Add(page);
        for (uint page = 0; page < 50_000; page++) pages.Use(page);
        long most = 0;
        for (int turn = 0; turn < 500; turn++)
        {
            long before = pages.Looks;
            pages.Evict(stays: turn % 2 == 0);
            most = Math.Max(most, pages.Looks - before);
        }

        Assert.InRange(most, 1, 600);
    }

    [Fact]
    public void State_with_all_pages_that_left_takes_less_than_a_hundredth_of_what_is_cached()
    {
        const int Large = 100_000;
        var cold = new Counted(Large);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var pages = new Counted(Large);
        for (uint page = 0; page < 4 * Large; page++) pages.Request(page);
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before - (4 * Large * Counted.BytesAPage);
        Figures.Record("state", "what the policy remembers of a page", $"{(double)bytes / Large:0.0} bytes",
            "at most 36");
        Assert.InRange(bytes, 1, 36 * Large);

        // What is there already is used again: a page that comes or goes allocates nothing.
        before = GC.GetAllocatedBytesForCurrentThread();
        for (uint page = 0; page < 4 * Large; page++) pages.Request(page);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        GC.KeepAlive(cold);
    }

    [Fact]
    public void A_large_capacity_costs_nothing_before_it_is_used()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var policy = new ReplacementPolicy(new Counted(16), 1L << 40);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 400_000);
        Assert.Equal(0, policy.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(17)]
    [InlineData(300)]
    public void Whatever_happens_each_page_that_is_there_is_known_once_and_can_be_chosen(int capacity)
    {
        for (int seed = 0; seed < 10; seed++)
        {
            var random = new Random(seed);
            var pages = new NumberedPages(capacity);
            for (int step = 0; step < 3000; step++)
            {
                uint page = (uint)random.Next(3 * capacity);
                switch (random.Next(10))
                {
                    case 0 when pages.Count > 0: pages.Evict(stays: true); break;
                    case 1 when pages.Count > 0: pages.Evict(); break;
                    case 2 when !pages.Has(page): pages.Add((uint)(10_000 + step), isAhead: true); break;
                    case 3: pages.Policy.Resize(random.Next(1, 2 * capacity)); break;
                    default: pages.Request(page, capacity); break;
                }

                Assert.True(pages.Policy.IsExact());
                Assert.Equal(pages.Count, pages.Policy.Count);
            }

            while (pages.Count > 0) pages.Evict();
            Assert.False(pages.Policy.TryChoose(out _, out _));
        }
    }

    /// <summary>Pages with marks in arrays, so that what is allocated is the policy's.</summary>
    private sealed class Counted : IPageUse
    {
        internal const int BytesAPage = 2;

        private readonly bool[] _isThere, _isMarked;
        private readonly int _capacity;
        private readonly ReplacementPolicy _policy;

        internal Counted(int capacity)
        {
            _capacity = capacity;
            (_isThere, _isMarked) = (new bool[4 * capacity], new bool[4 * capacity]);
            _policy = new ReplacementPolicy(this, capacity);
        }

        internal void Request(uint page)
        {
            _isMarked[page] = _isThere[page];
            if (_isThere[page]) return;
            if (_policy.Count >= _capacity && _policy.TryChoose(out int node, out uint victim))
            {
                _isThere[victim] = false;
                _policy.Leave(node);
            }

            _isThere[page] = true;
            _policy.Add(page, isAhead: false);
        }

        PageUse IPageUse.Look(uint page)
        {
            bool isMarked = _isMarked[page];
            _isMarked[page] = false;
            return isMarked ? PageUse.Used : PageUse.None;
        }

        ulong IPageUse.HashOf(uint page) => ReplacementPolicy.Scatter(page + 1UL);
    }
}
