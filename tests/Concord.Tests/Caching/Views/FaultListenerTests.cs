using Concord.Caching;
using Concord.Interop;
using Concord.Interop.Linux;

namespace Concord.Tests.Caching.Views;

public sealed class FaultListenerTests
{
    [Fact]
    public void One_clerk_listens_and_the_next_one_when_it_passes_on()
    {
        var post = new FaultListener();
        var first = new FaultWorker(post);
        first.Listen();

        // Nobody stands by: whoever listens must not wait for a store that may not answer at once.
        Assert.False(first.MayRead(isImmediate: false));
        Assert.True(first.MayRead(isImmediate: true));

        var cancellation = TestContext.Current.CancellationToken;
        using var listens = new ManualResetEventSlim();
        using var goesOn = new ManualResetEventSlim();
        var other = new Thread(() =>
        {
            new FaultWorker(post).Listen();
            listens.Set();
            goesOn.Wait(cancellation);
            SpinWait.SpinUntil(post.TryHandOff);
        });
        other.Start();
        Assert.True(SpinWait.SpinUntil(() => first.MayRead(isImmediate: false), TimeSpan.FromSeconds(30)));
        Assert.True(listens.Wait(TimeSpan.FromSeconds(30), cancellation));

        // It has passed on already, and may read as often as it likes until it listens again, which it does in its turn.
        Assert.True(first.MayRead(isImmediate: false));
        var back = new Thread(first.Listen);
        back.Start();
        goesOn.Set();
        other.Join();
        back.Join();
        Assert.False(first.MayRead(isImmediate: false));
    }

    [Fact]
    public void A_clerk_that_takes_its_work_from_a_list_may_always_read() => Assert.True(new FaultWorker(post: null).MayRead(isImmediate: false));

    [Theory]
    [InlineData("7 (a name) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 5 0 0\n", 5)]
    [InlineData("7 (a ) (name)) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 127 0 0\n", 127)]
    [InlineData("7 (cut) S 1 2", -1)]
    [InlineData("", -1)]
    public void The_processor_of_a_thread_is_read_from_what_the_system_says(string status, int processor) =>
        Assert.Equal(processor, ThreadStatus.ProcessorIn(System.Text.Encoding.UTF8.GetBytes(status)));

    [Fact]
    public void A_bound_thread_runs_where_it_was_bound_to()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "threads are bound on Linux only");
        int seen = -1, after = -1;
        var thread = new Thread(() =>
        {
            int number = int.Parse(File.ReadAllText("/proc/thread-self/stat").Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
            int processor = ThreadBinding.ProcessorOf(number);
            ThreadBinding.TryBind(processor);
            Thread.Yield();
            seen = ThreadBinding.ProcessorOf(number) == processor ? processor : -1;
            ThreadBinding.Unbind();
            ThreadBinding.TryBind(100_000);
            after = ThreadBinding.ProcessorOf(number);
        });
        thread.Start();
        thread.Join();
        Assert.InRange(seen, 0, 1023);
        Assert.InRange(after, 0, 1023);
        Assert.Equal(-1, ThreadBinding.ProcessorOf(int.MaxValue));
    }
}
