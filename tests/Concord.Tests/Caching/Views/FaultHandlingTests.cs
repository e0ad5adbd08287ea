using System.Reflection;
using Concord.Caching;
using Concord.Interop.Linux;
using Concord.Memory;
using Concord.Tests.Interop;

namespace Concord.Tests.Caching.Views;

/// <summary>How faults are answered: by whom, in which form, and what that must not do.</summary>
public sealed class FaultHandlingTests
{
    [Theory]
    [InlineData(UserFaultForm.Device)]
    [InlineData(UserFaultForm.SystemCall)]
    [InlineData(UserFaultForm.UserModeOnly)]
    public void Each_form_answers_faults(object form)
    {
        using var fixture = new ViewFixture(Pages.Of(1, 40), dispatcher: PageFaultDispatcher.Open((UserFaultForm)form));
        using var view = fixture.Map(ViewAccess.ReadWrite);
        Assert.Equal(Pages.Of(1, 40), NativeMemory.Read(view, 0, 40 * Pages.Bytes));
        NativeMemory.Write(view, 3, [2]);
        Assert.True(fixture.File.FlushAndPurge().IsComplete);

        Assert.Equal(2, fixture.Store.Content[3]);
        Assert.Equal(2, NativeMemory.ReadByte(view, 3));
    }

    [Fact]
    public void With_faults_of_user_mode_only_a_system_call_needs_prefaulted_pages()
    {
        using var fixture = new ViewFixture(
            Pages.Of(1, 40), dispatcher: PageFaultDispatcher.Open(UserFaultForm.UserModeOnly));
        using var file = new TempFile();
        using var view = fixture.Map();
        using var writable = fixture.Map(ViewAccess.ReadWrite);

        Assert.Equal(-1, Native.Pwrite(file.Handle, view.Address, 100, 0));
        view.Prefault();
        Assert.Equal(100, Native.Pwrite(file.Handle, view.Address, 100, 0));
        writable.Prefault();
        Assert.Equal(100, Native.Pread(file.Handle, writable.Address + Pages.Bytes, 100, 0));
    }

    [Fact]
    public void Neighbours_are_mapped_up_to_the_first_that_is_mapped_already()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 64));
        Assert.SkipUnless(fixture.Cache.Services.Views.Faults.Faults.IsAsync,
            "kernel: neighbours are mapped where the kernel notes writes by itself (Linux 6.7 or later)");
        using var view = fixture.Map(ViewAccess.ReadWrite);
        Pages.Read(fixture.File, Pages.Range(3));
        NativeMemory.ReadByte(view, 3 * Pages.Bytes);
        Pages.Read(fixture.File, Pages.Range(0, 64));

        NativeMemory.ReadByte(view, 0);

        var mapping = Assert.Single(fixture.File.Services.Views.List.Mappings);
        Assert.Equal(PageMask.Of(0, 4), mapping.FindPresent(0, PageMask.All));
    }

    [Fact]
    public void System_calls_wait_for_absent_pages()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 40));
        Assert.SkipWhen(PageFaultDispatcher.Shared.Faults.IsUserModeOnly,
            "right: only faults of user mode are reported to this user");
        using var file = new TempFile();
        using var view = fixture.Map(ViewAccess.ReadWrite);
        Assert.Equal(20 * Pages.Bytes, Native.Pwrite(file.Handle, view.Address, (nuint)(20 * Pages.Bytes), 0));

        byte[] bytes = Pages.Pattern(10 * Pages.Bytes, seed: 3);
        RandomAccess.Write(file.Handle, bytes, 0);
        Assert.Equal(10 * Pages.Bytes,
            Native.Pread(file.Handle, view.Address + (30 * Pages.Bytes), (nuint)(10 * Pages.Bytes), 0));
        fixture.File.FlushAndPurge();
        Assert.Equal(bytes, fixture.Store.Content[(30 * Pages.Bytes)..]);
    }

    [Fact]
    public void Where_no_form_is_permitted_the_message_says_what_to_set_and_a_leased_view_works()
    {
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
        cache.Services.Views.Faults = PageFaultDispatcher.Refused("set vm.unprivileged_userfaultfd=1");
        using var file = cache.Open(new ScriptedStore(Pages.Of(1, 10)));
        var error = Assert.Throws<PlatformNotSupportedException>(() => file.MapView(Pages.Range(0)));
        Assert.Contains("vm.unprivileged_userfaultfd=1", error.Message);
        Assert.Contains("LeasedRead", error.Message);

        using var view = file.MapView(new ByteRange(50, 5000), ViewAccess.LeasedRead);
        Assert.Equal(Pages.Of(1, 2)[..5000], NativeMemory.Read(view, 0, 5000));
        file.Write(60, [9]);
        Assert.Equal(9, NativeMemory.ReadByte(view, 10));
        Assert.All(file.FlushAndPurge().Left, static left => Assert.Equal(LeftReason.Lease, left.Reason));
        view.Dispose();
        Assert.True(file.FlushAndPurge().IsComplete);
    }

    [Fact]
    public void The_first_threads_to_answer_allocate_nothing()
    {
        var dispatcher = PageFaultDispatcher.Open();
        using var fixture = new ViewFixture(Pages.Of(1, 64), dispatcher: dispatcher);
        fixture.Store.Before = static _ => { };
        using var quiet = fixture.Cache.Open(new QuietStore(64 * Pages.Bytes));
        using var view = quiet.MapView(Pages.Range(0, 64), ViewAccess.ReadWrite);
        view.Advise(ViewAdvice.Random);
        for (int warm = 0; warm < 50; warm++) Touch();
        long before = dispatcher.AllocatedBytes;
        for (int round = 0; round < 20; round++) Touch();

        // The last answers may not be counted yet; what is counted is of more than a thousand others.
        Assert.Equal(before, dispatcher.AllocatedBytes);

        void Touch()
        {
            NativeMemory.Read(view, 0, 64 * Pages.Bytes);
            quiet.FlushAndPurge();
        }
    }

    [Fact]
    public void Collections_delay_native_threads_and_never_stop_them()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 64), capacityPages: 1024);
        using var view = fixture.Map();
        using var stops = new ManualResetEventSlim();

        // In a process with many threads a collection takes long, and one follows another: each answer waits for some.
        // Without the moment between two of them .NET lets no other managed thread run for minutes on two processors,
        // whatever it does.
        int rounds = TestRun.IsFull ? 300 : 20;
        var collector = new Thread(() =>
        {
            do GC.Collect(0);
            while (!stops.Wait(TimeSpan.FromMilliseconds(1)));
        });
        collector.Start();
        for (int round = 0; round < rounds; round++)
        {
            NativeMemory.Read(view, 0, 64 * Pages.Bytes);
            fixture.File.FlushAndPurge();
        }

        stops.Set();
        collector.Join();
        Assert.True(fixture.Store.Reads.Count >= rounds);
    }

    [Fact]
    public void Threads_of_the_pool_may_all_wait_for_pages()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 64), capacityPages: 1024);
        using var view = fixture.Map();
        int waiting = 0, threads = Environment.ProcessorCount * 4;
        fixture.Store.Before = _ => Patience.Await(() => Volatile.Read(ref waiting) == threads);
        ThreadPool.GetMinThreads(out int least, out int ports);
        ThreadPool.SetMinThreads(threads + 2, ports);
        var tasks = Enumerable.Range(0, threads).Select(page => Task.Run(() =>
        {
            Interlocked.Increment(ref waiting);
            return NativeMemory.ReadByte(view, page * Pages.Bytes);
        })).ToArray();
        byte[] seen = [.. tasks.Select(static task => task.Result)];
        ThreadPool.SetMinThreads(least, ports);

        Assert.All(seen, static value => Assert.Equal(1, value));
    }

    [Fact]
    public void Mappings_of_views_are_not_inherited_and_never_of_huge_pages()
    {
        Stores.ProcessSections.RequireLinux();
        using var fixture = new ViewFixture(Pages.Of(1, 64));
        using var view = fixture.Map(ViewAccess.ReadWrite);
        NativeMemory.Read(view, 0, 64 * Pages.Bytes);

        var flags = Stores.ProcessSections.Flags("/memfd:concord section");
        Assert.True(flags.Count >= 3, "the system view, the staging mapping and the view");
        Assert.All(flags, static line => Assert.Contains(" dc ", line));
        Assert.All(flags, static line => Assert.Contains(" nh ", line));
    }

    [Fact]
    public void A_fault_at_an_address_in_no_view_is_nobodys()
    {
        var dispatcher = PageFaultDispatcher.Open();
        using var fixture = new ViewFixture(Pages.Of(1, 40), dispatcher: dispatcher);
        using var view = fixture.Map();
        nint end = view.Address + (40 * Pages.Bytes);
        Assert.NotNull(Find(view.Address));
        Assert.Same(Find(view.Address), Find(end - 1));
        Assert.Null(Find(view.Address - 1));
        Assert.Null(Find(end));

        object? Find(nint address) => typeof(PageFaultDispatcher)
            .GetMethod("Find", BindingFlags.Instance | BindingFlags.NonPublic)!.Invoke(dispatcher, [address]);
    }

    private sealed class QuietStore(int length) : BackingStore
    {
        public override long GetLength() => length;

        public override int Read(long offset, Memory<byte> destination)
        {
            destination.Span.Fill(3);
            return destination.Length;
        }

        public override void Barrier()
        {
            // Nothing is ever written.
        }
    }
}
