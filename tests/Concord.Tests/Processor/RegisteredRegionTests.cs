using Concord.Processor;

namespace Concord.Tests.Processor;

public sealed unsafe class RegisteredRegionTests
{
    [Fact]
    public void A_region_says_what_it_covers_and_can_be_disposed_twice()
    {
        using var memory = new TwiceMapped(8192);
        var region = ProcessorCache.Register((nint)memory.First, 5000);
        Assert.Equal(((nint)memory.First, (nuint)5000), (region.Address, region.Length));
        region.Dispose();
        region.Dispose();
        Assert.False(region.TryEnter());
    }

    [Fact]
    public void Managed_memory_is_kept_in_place_until_it_is_disposed()
    {
        byte[] memory = new byte[1000];
        using (var region = ProcessorCache.Register(memory.AsMemory(100, 200)))
        {
            GC.Collect();
            fixed (byte* first = memory) Assert.Equal(((nint)first + 100, (nuint)200), (region.Address, region.Length));
            RegisteredRegions.Flush(Flushers.Default);
        }
    }

    [Fact]
    public void A_flush_of_everything_allocates_nothing()
    {
        using var first = ProcessorCache.Register(new byte[10_000]);
        using var empty = ProcessorCache.Register(0, 0);
        RegisteredRegions.Flush(Flushers.Default);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++) RegisteredRegions.Flush(Flushers.Default);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Memory_can_be_unmapped_as_soon_as_its_region_is_disposed_while_others_flush_everything()
    {
        const int Regions = 2_000;
        using var began = new ManualResetEventSlim();
        bool isOver = false;
        var flushing = new Thread(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                RegisteredRegions.Flush(Flushers.Default);
                began.Set();
            }
        });
        flushing.Start();
        began.Wait(TestContext.Current.CancellationToken);

        for (int i = 0; i < Regions; i++)
        {
            using var memory = new TwiceMapped(64 << 10);
            using var region = ProcessorCache.Register((nint)memory.First, (nuint)memory.Bytes);
        }

        Volatile.Write(ref isOver, true);
        flushing.Join();
    }
}
