
namespace Concord.Tests.Caching.Views;

/// <summary>Faults that wait for stores: as many as there are, and none for another's.</summary>
public sealed class SlowFaultTests
{
    private const int Waiting = 12;

    [Fact]
    public void However_many_threads_wait_for_a_store_pages_of_other_files_come()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 64 * Waiting), capacityPages: 4096);
        using var other = fixture.Cache.Open(new ScriptedStore(Pages.Of(2, 640)));
        using var slow = fixture.Map();
        using var fast = other.MapView(Pages.Range(0, 640));
        using var begun = new CountdownEvent(Waiting);
        using var ends = new ManualResetEventSlim();
        fixture.Store.Before = call =>
        {
            if (call.Kind != StoreCallKind.Read) return;
            begun.Signal();
            ends.Wait(TestContext.Current.CancellationToken);
        };

        var threads = Start(i => NativeMemory.ReadByte(slow, 64L * i * Pages.Bytes));
        begun.Wait(TestContext.Current.CancellationToken);
        Assert.Equal(Pages.Of(2, 640), NativeMemory.Read(fast, 0, 640 * Pages.Bytes));

        fixture.Store.Before = static _ => { };
        ends.Set();
        foreach (var thread in threads) thread.Join();
    }

    [Fact]
    public void A_store_may_read_a_view_itself_however_many_threads_wait_for_it()
    {
        using var fixture = new ViewFixture(Pages.Of(3, 64 * Waiting), capacityPages: 4096);
        using var below = fixture.Map();
        byte seen = 0;
        var store = new ScriptedStore(Pages.Of(1, 64 * Waiting))
        {
            Before = call =>
            {
                if (call.Kind != StoreCallKind.Read) return;
                Volatile.Write(ref seen, NativeMemory.ReadByte(below, call.Offset));
            },
        };
        using var file = fixture.Cache.Open(store);
        using var above = file.MapView(Pages.Range(0, 64 * Waiting));
        byte[] values = new byte[Waiting];
        var threads = Start(i => values[i] = NativeMemory.ReadByte(above, 64L * i * Pages.Bytes));
        foreach (var thread in threads) thread.Join();

        Assert.Equal(3, Volatile.Read(ref seen));
        Assert.All(values, static value => Assert.Equal(1, value));
    }

    [Fact]
    public void Many_views_cost_the_next_one_no_more_than_a_few_kilobytes()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 64), capacityPages: 4096);
        var views = new List<MappedView>();
        long few = BytesOfTen();
        for (int i = 0; i < 2000; i++)
        {
            views.Add(fixture.Cache.Open(new ScriptedStore(Pages.Of(1))).MapView(Pages.Range(0)));
        }

        long most = BytesOfTen();
        foreach (var view in views) view.Dispose();

        Assert.InRange(most, 0, few + (10 * 32 * 1024));

        long BytesOfTen()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 10; i++) fixture.Map().Dispose();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private static Thread[] Start(Action<int> work)
    {
        Thread[] threads = [.. Enumerable.Range(0, Waiting).Select(i => new Thread(() => work(i)))];
        foreach (var thread in threads) thread.Start();
        return threads;
    }
}
