using System.Globalization;
using System.Runtime.CompilerServices;
using Concord.Caching;
using Concord.Tests.Stores;

namespace Concord.Tests.Caching;

/// <summary>Caches that nobody disposes: their memory goes, and nothing that was written is lost.</summary>
[Collection(SideBySide.Children)]
public sealed class DroppedCacheTests
{
    /// <summary>Address space, in GiB, that dropped caches may have at the end; each had one or more.</summary>
    private const long GibibytesMax = 6;

    [Theory]
    [InlineData(SectionKind.Private, "read")]
    [InlineData(SectionKind.Shared, "read")]
    [InlineData(SectionKind.Huge, "read")]
    [InlineData(SectionKind.Shared, "view")]
    [InlineData(SectionKind.Private, "dirty")]
    [InlineData(SectionKind.Shared, "dirty")]
    [InlineData(SectionKind.Private, DroppedCachesChild.Stacks)]
    public void Memory_of_dropped_caches_goes_and_what_was_dirty_is_written(SectionKind kind, string manner)
    {
        ProcessSections.RequireLinux();
        using var folder = new TempFolder();
        using var child = Child.Start(DroppedCachesChild.Name, $"{kind}", manner, folder.Path);
        long[] got = [.. child.StandardOutput.ReadToEnd().Split(' ').Select(
            static number => long.Parse(number, CultureInfo.InvariantCulture))];
        child.WaitForExit();
        Assert.Equal(0, child.ExitCode);
        Assert.InRange(got[1], long.MinValue, GibibytesMax);
        Assert.InRange(got[2], 0, GibibytesMax);
        foreach (string path in Directory.GetFiles(folder.Path))
        {
            int value = File.ReadAllBytes(path)[0];
            Assert.Equal(manner == "read" ? 0 : 7, value);
        }

        // Without a collection that the program asks for, too.
        if (manner == "read") Assert.InRange(got[0], long.MinValue, 50);
    }

    [Fact]
    public void A_lease_that_nobody_disposed_keeps_its_memory()
    {
        var lease = TakeFromDroppedCache();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.Equal(5, lease.Span[0]);
        lease.Dispose();

        [MethodImpl(MethodImplOptions.NoInlining)]
        static PageLease TakeFromDroppedCache() =>
            new FileCache().Open(new MemoryStore(Pages.Of(5, 4))).Lease(new ByteRange(0, 10));
    }

    [Theory]
    [InlineData("flush")]
    [InlineData("purge")]
    [InlineData("hand over")]
    [InlineData("close")]
    public void Without_a_lazy_writer_a_cache_is_kept_until_it_was_written_and_no_longer(string manner)
    {
        var store = new MemoryStore(Pages.Of(1, 4));
        var (cache, file) = Make();
        Collect();
        Assert.True(cache.IsAlive || manner == "hand over");
        Write(file);
        Assert.Equal(9, Stored());
        Patience.Await(() =>
        {
            Collect();
            return !cache.IsAlive;
        });

        [MethodImpl(MethodImplOptions.NoInlining)]
        (WeakReference Cache, WeakReference File) Make()
        {
            var made = new FileCache(new FileCacheOptions
            {
                CapacityBytes = 64 * Pages.Bytes,
                SectionKind = SectionKind.Private,
                LazyWriterInterval = TimeSpan.Zero,
                WriteMode = manner == "hand over" ? WriteMode.HandOver : WriteMode.WriteBack,
            });
            var opened = made.Open(store, leaveOpen: true);
            opened.Write(0, [9]);
            return (new WeakReference(made.State), new WeakReference(opened));
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        void Write(WeakReference reference)
        {
            if (reference.Target is not CachedFile open) return;
            if (manner == "flush") open.Flush();
            if (manner == "purge") Assert.True(open.FlushAndPurge().IsComplete);
            if (manner == "close") open.Close();
        }

        int Stored()
        {
            byte[] first = new byte[1];
            store.Read(0, first);
            return first[0];
        }
    }

    [Fact]
    public void Nothing_of_a_caller_s_context_stays_with_a_cache_that_works_in_the_background()
    {
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 64 * Pages.Bytes,
            LazyWriterInterval = TimeSpan.FromMilliseconds(10),
        });
        var store = new ScriptedStore(Pages.Of(1, 40));
        store.Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("planted") : null;
        var file = cache.Open(store);
        var context = Use();
        Patience.Await(() =>
        {
            Collect();
            return !context.IsAlive;
        });
        Assert.True(cache.LazyWriter.IsAwake);
        store.Fails = static _ => null;
        _ = Record.Exception(() => file.Flush());
        Assert.True(file.FlushAndPurge().IsComplete);

        [MethodImpl(MethodImplOptions.NoInlining)]
        WeakReference Use()
        {
            WeakReference? used = null;
            ExecutionContext.Run(
                ExecutionContext.Capture()!,
                _ =>
                {
                    var mine = new object();
                    new AsyncLocal<object>().Value = mine;
                    used = new WeakReference(mine);
                    UseAll(cache, file);
                },
                null);
            return used!;
        }
    }

    [Fact]
    public void The_error_of_a_store_stays_with_no_thread()
    {
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes });
        var store = new ScriptedStore(Pages.Of(1, 4));
        using var file = cache.Open(store);
        var told = Fail();
        Collect();
        Assert.False(told.IsAlive);

        [MethodImpl(MethodImplOptions.NoInlining)]
        WeakReference Fail()
        {
            var error = new IOException("planted");
            store.Fails = _ => error;
            Assert.Throws<IOException>(() => file.Read(0, new byte[1]));
            store.Fails = static _ => null;
            return new WeakReference(error);
        }
    }

    /// <summary>Whatever begins a thread, a timer or work in the background.</summary>
    private static void UseAll(FileCache cache, CachedFile file)
    {
        file.Write(0, Pages.Of(2, 20));
        Assert.Throws<WriteBackException>(() => file.Flush());
        _ = file.TryRead(30 * Pages.Bytes, new byte[10], out _);
        _ = file.ReadAsync(35 * Pages.Bytes, new byte[10], CancellationToken.None).AsTask();
        if (PageFaultDispatcher.Shared.UnsupportedReason.Length > 0) return;
        using var shared = cache.Open(new MemoryStore(Pages.Of(3, 4)));
        using var view = shared.MapView(Pages.Range(0, 4), ViewAccess.ReadWrite);
        Assert.Equal(3, Views.NativeMemory.ReadByte(view, 0));
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }
}
