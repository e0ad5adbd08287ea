using Concord.Caching;
using Concord.Interop;
using Concord.Interop.Linux;
using Concord.Tests.Interop;

namespace Concord.Tests.Caching.Views;

public sealed class FaultListenerTests
{
    [Fact]
    public void One_worker_listens_and_the_next_one_when_it_hands_off()
    {
        var listener = new FaultListener();
        var first = new FaultWorker(listener);
        first.Listen();

        // Nobody stands by: whoever listens must not wait for a store that may not answer at once.
        Assert.False(first.MayRead(isImmediate: false));
        Assert.True(first.MayRead(isImmediate: true));

        var cancellation = TestContext.Current.CancellationToken;
        using var listens = new ManualResetEventSlim();
        using var goesOn = new ManualResetEventSlim();
        var other = new Thread(() =>
        {
            new FaultWorker(listener).Listen();
            listens.Set();
            goesOn.Wait(cancellation);
            Patience.Await(listener.TryHandOff);
        });
        other.Start();
        Patience.Await(() => first.MayRead(isImmediate: false));
        Assert.True(listens.Wait(TimeSpan.FromSeconds(30), cancellation));

        // It has passed on already, and may read as often as it likes until it listens again, which it does in its
        // turn.
        Assert.True(first.MayRead(isImmediate: false));
        var back = new Thread(first.Listen);
        back.Start();
        goesOn.Set();
        other.Join();
        back.Join();
        Assert.False(first.MayRead(isImmediate: false));
    }

    [Fact]
    public void A_worker_that_takes_its_work_from_a_list_may_always_read() =>
        Assert.True(new FaultWorker(listener: null).MayRead(isImmediate: false));

    [Theory]
    [InlineData("7 (a name) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 "
        + "33 34 35 5 0 0\n", 5)]
    [InlineData("7 (a ) (name)) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 "
        + "32 33 34 35 127 0 0\n", 127)]
    [InlineData("7 (cut) S 1 2", -1)]
    [InlineData("", -1)]
    public void The_processor_of_a_thread_is_read_from_what_the_system_says(string status, int processor) =>
        Assert.Equal(processor, ThreadStatus.ProcessorIn(System.Text.Encoding.UTF8.GetBytes(status)));

    [Fact]
    public void A_bound_thread_runs_where_it_was_bound_to_and_an_unbound_one_anywhere()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "threads are bound on Linux only");
        int[] allowed = [], unknown = [], unbound = [];
        var seen = new List<int>();
        var thread = new Thread(() =>
        {
            string status = File.ReadAllText("/proc/thread-self/stat");
            int number = int.Parse(status.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
            allowed = ProcessorAffinity.Allowed();

            // Each processor in turn: on all but one of them the thread runs only because it was bound.
            foreach (int processor in allowed)
            {
                ThreadBinding.TryBind(processor);
                seen.Add(ThreadBinding.ProcessorOf(number));
                if (!ProcessorAffinity.Allowed().SequenceEqual([processor])) seen.Add(-1);
            }

            ThreadBinding.TryBind(100_000);
            unknown = ProcessorAffinity.Allowed();
            ThreadBinding.Unbind();
            unbound = ProcessorAffinity.Allowed();
        });
        thread.Start();
        thread.Join();
        Assert.Equal(allowed, seen);
        Assert.Equal(allowed[^1..], unknown);
        Assert.Equal(allowed, unbound);
        Assert.Equal(-1, ThreadBinding.ProcessorOf(int.MaxValue));
    }
}
