using Concord.Scheduling;
using Concord.Tests.Stores;
using NativeMemory = Concord.Tests.Caching.Views.NativeMemory;

namespace Concord.Tests.Caching;

/// <summary>
/// Another program makes the file longer or shorter below the cache: the length is state that a purge makes agree.
/// </summary>
public sealed class OutsideLengthTests
{
    private const int Old = 100, New = 10_000;

    [Theory]
    [InlineData(0, long.MaxValue)]
    [InlineData(0, Old)]
    [InlineData(Old - 1, 1)]
    [InlineData(Old, New - Old)]
    [InlineData(8192, New - 8192)]
    [InlineData(1 << 20, 1)]
    public void A_purge_that_meets_or_passes_the_end_sees_what_was_appended(long offset, long length)
    {
        using var fixture = new Fixture(Old);
        Assert.Equal(fixture.Content, fixture.ReadAll());
        fixture.Append(New - Old);

        fixture.File.FlushAndPurge(new ByteRange(offset, length));

        Assert.Equal(New, fixture.File.Length);
        Assert.Equal(fixture.Content, fixture.ReadAll());
        byte[] uncached = new byte[New];
        Assert.Equal(New, fixture.File.ReadUncached(0, uncached));
        Assert.Equal(fixture.Content, uncached);
    }

    [Fact]
    public void A_load_behind_the_end_that_began_before_an_appended_tail_was_taken_over_brings_no_zeros_in()
    {
        using ManualResetEventSlim filled = new(), ends = new();
        Thread? loader = null;
        CachedFile? file = null;
        var scheduler = new FaultInjectingScheduler(InjectedFault.None, () =>
        {
            // The page is filled, with the zeros of a page behind the end, and not there yet.
            if (Thread.CurrentThread != loader || file!.State.Extents.Find(0)!.Loading == 0 || filled.IsSet) return;
            filled.Set();
            ends.Wait(TestContext.Current.CancellationToken);
        });
        var store = new ScriptedStore(Pages.Of(1)[..Old]);
        using var cache = new FileCache(new FileCacheOptions { LazyWriterInterval = TimeSpan.Zero }, scheduler);
        using (file = cache.Open(store))
        {
            Pages.Read(file, Pages.Range(0));
            store.Put(Old, Pages.Of(2, 4)[Old..]);
            store.Before = call =>
            {
                if (call.Kind != StoreCallKind.Read || call.Offset != Old) return;
                loader = new Thread(() => SyncCompletion.Wait(file.Services.Loader.EnsureResidentAsync(
                    0, 0b100, CallMode.Blocking, CancellationToken.None)));
                loader.Start();
                filled.Wait(TestContext.Current.CancellationToken);
            };
            Assert.True(file.FlushAndPurge().IsComplete);
            ends.Set();
            loader!.Join();
            Assert.Equal(Pages.Of(2), Pages.Read(file, Pages.Range(2)));
        }
    }

    [Theory]
    [InlineData("purge before the end", SectionKind.Private)]
    [InlineData("longer", SectionKind.Private)]
    [InlineData("gap", SectionKind.Private)]
    [InlineData("purge before the end", SectionKind.Automatic)]
    [InlineData("longer", SectionKind.Automatic)]
    [InlineData("gap", SectionKind.Automatic)]
    public void Zeros_that_a_try_to_write_behind_the_end_loaded_do_not_hide_what_was_appended(
        string then, SectionKind kind)
    {
        var store = new ScriptedStore(Pages.Of(1));
        using var cache = new FileCache(
            new FileCacheOptions { LazyWriterInterval = TimeSpan.Zero, SectionKind = kind });
        using var file = cache.Open(store);
        Assert.False(file.TryWrite(Pages.Bytes, [7]));
        Patience.Await(() => Pages.IsResident(file.State, 1));
        store.Put(Pages.Bytes, Pages.Of(2));

        if (then == "purge before the end") file.FlushAndPurge(Pages.Range(0));
        else if (then == "longer") file.SetLength(5 * Pages.Bytes);
        else file.Write(3 * Pages.Bytes, [3]);

        Assert.Equal(Pages.Of(2), Pages.Read(file, Pages.Range(1)));
        file.Write(Pages.Bytes + 10, [9]);
        file.FlushAndPurge();
        Assert.Equal([2, 9, 2], store.Content.AsSpan(Pages.Bytes + 9, 3).ToArray());
    }

    [Fact]
    public void A_purge_before_the_end_leaves_the_length_alone()
    {
        using var fixture = new Fixture(3 * Pages.Bytes);
        fixture.Append(Pages.Bytes);
        fixture.File.FlushAndPurge(Pages.Range(0));
        Assert.Equal(3 * Pages.Bytes, fixture.File.Length);
    }

    [Theory]
    [InlineData(LeaseAccess.Read)]
    [InlineData(LeaseAccess.Write)]
    public void A_page_that_is_leased_does_not_hide_what_was_appended(LeaseAccess access)
    {
        using var fixture = new Fixture(Old);
        using (var lease = fixture.File.Lease(new ByteRange(0, Old), access))
        {
            fixture.Append(New - Old);
            Assert.Equal(CoherencyStatus.CachePageLocked, fixture.File.FlushAndPurge().Status);
            Assert.Equal(New, fixture.File.Length);
            Assert.Equal(fixture.Content, fixture.ReadAll());
        }

        fixture.File.FlushAndPurge(CoherencyOptions.NoPurge);
        Assert.Equal(fixture.Content, fixture.OnDisk());
    }

    [Theory]
    [InlineData(Old + 1)]
    [InlineData(5000)]
    [InlineData(20_000)]
    [InlineData(1 << 20)]
    public void A_write_further_on_leaves_what_was_appended_as_it_is(int at)
    {
        using var fixture = new Fixture(Old);
        fixture.ReadAll();
        fixture.File.Write(0, [1]);
        fixture.Append(New - Old);

        fixture.File.Write(at, new byte[] { 9, 9 });
        fixture.File.FlushAndPurge(CoherencyOptions.NoPurge);

        byte[] expected = fixture.Content;
        expected[0] = 1;
        Array.Resize(ref expected, Math.Max(New, at + 2));
        expected[at] = expected[at + 1] = 9;
        Assert.Equal(expected, fixture.OnDisk());
        Assert.Equal(expected, fixture.ReadAll());
    }

    [Fact]
    public void An_uncached_write_further_on_leaves_what_was_appended_as_it_is()
    {
        using var fixture = new Fixture(Old);
        fixture.ReadAll();
        fixture.File.Write(0, [1]);
        fixture.Append(New - Old);

        fixture.File.WriteUncached(20_000, new byte[] { 9, 9 });
        fixture.File.FlushAndPurge();

        byte[] expected = fixture.Content;
        expected[0] = 1;
        Array.Resize(ref expected, 20_002);
        expected[20_000] = expected[20_001] = 9;
        Assert.Equal(expected, fixture.OnDisk());
        Assert.Equal(expected, fixture.ReadAll());
    }

    [Fact]
    public void A_longer_length_leaves_what_was_appended_as_it_is()
    {
        using var fixture = new Fixture(Old);
        fixture.ReadAll();
        fixture.File.Write(0, [1]);
        fixture.Append(New - Old);

        fixture.File.SetLength(20_000);
        fixture.File.FlushAndPurge(CoherencyOptions.NoPurge);

        byte[] expected = fixture.Content;
        expected[0] = 1;
        Array.Resize(ref expected, 20_000);
        Assert.Equal(expected, fixture.OnDisk());
        Assert.Equal(expected, fixture.ReadAll());
    }

    [Theory]
    [InlineData(0, long.MaxValue)]
    [InlineData(3 * 4096, 4096)]
    [InlineData(4 * 4096, 1)]
    public void A_purge_that_meets_or_passes_the_end_sees_that_the_file_was_cut(long offset, long length)
    {
        using var fixture = new Fixture(4 * Pages.Bytes);
        fixture.ReadAll();
        fixture.Cut(5000);

        fixture.File.FlushAndPurge(new ByteRange(offset, length));

        Assert.Equal(5000, fixture.File.Length);
        Assert.Equal(fixture.Content, fixture.ReadAll());
        fixture.File.Write(9000, [9]);
        fixture.File.FlushAndPurge();
        byte[] expected = fixture.Content;
        Array.Resize(ref expected, 9001);
        expected[9000] = 9;
        Assert.Equal(expected, fixture.OnDisk());
        Assert.Equal(expected, fixture.ReadAll());
    }

    [Fact]
    public void What_is_dirty_outlives_a_cut_from_outside()
    {
        using var fixture = new Fixture(4 * Pages.Bytes);
        fixture.ReadAll();
        fixture.File.Write(2 * Pages.Bytes, [9]);
        fixture.Cut(5000);

        fixture.File.FlushAndPurge(Pages.Range(3));
        fixture.File.FlushAndPurge();

        Assert.InRange(fixture.File.Length, (2 * Pages.Bytes) + 1, 4 * Pages.Bytes);
        Assert.Equal(9, fixture.OnDisk()[2 * Pages.Bytes]);
        Assert.Equal(fixture.OnDisk(), fixture.ReadAll());
    }

    [Theory]
    [InlineData(ViewAccess.Read)]
    [InlineData(ViewAccess.ReadWrite)]
    public void A_view_sees_what_was_appended_and_loses_nothing_it_wrote(ViewAccess access)
    {
        using var fixture = new Fixture(Old);
        Assert.SkipWhen(fixture.Cache.Services.Views.Faults.UnsupportedReason.Length > 0,
            $"views: {fixture.Cache.Services.Views.Faults.UnsupportedReason}");
        using var view = fixture.File.MapView(new ByteRange(0, Old), access);
        NativeMemory.Read(view, 0, Pages.Bytes);
        bool writes = access == ViewAccess.ReadWrite;
        if (writes)
        {
            NativeMemory.Write(view, 0, [1]);
            NativeMemory.Write(view, Old + 7, [5, 5, 5]);
        }

        fixture.Append(New - Old);
        fixture.File.FlushAndPurge(new ByteRange(Old, New));

        byte[] expected = fixture.Content;
        if (writes) expected[0] = 1;
        Assert.Equal(expected[..Pages.Bytes], NativeMemory.Read(view, 0, Pages.Bytes));
        fixture.File.FlushAndPurge(CoherencyOptions.NoPurge);
        Assert.Equal(expected, fixture.OnDisk());
    }

    [Fact]
    public void A_view_sees_that_the_file_was_cut()
    {
        using var fixture = new Fixture(New);
        Assert.SkipWhen(fixture.Cache.Services.Views.Faults.UnsupportedReason.Length > 0,
            $"views: {fixture.Cache.Services.Views.Faults.UnsupportedReason}");
        using var view = fixture.File.MapView(new ByteRange(0, New), ViewAccess.ReadWrite);
        NativeMemory.Read(view, 0, New);
        fixture.Cut(Old);

        fixture.File.FlushAndPurge();

        byte[] expected = fixture.Content;
        Array.Resize(ref expected, New);
        Assert.Equal(expected, NativeMemory.Read(view, 0, New));
        Assert.Equal(Old, fixture.File.Length);
    }

    /// <summary>A file on a disk, open in a cache, and the other program's way to it.</summary>
    private sealed class Fixture : IDisposable
    {
        private readonly TempFolder _folder = new();
        private readonly string _path;

        internal Fixture(int length)
        {
            _path = _folder["file"];
            System.IO.File.WriteAllBytes(_path, Pages.Pattern(length, seed: 1));
            Cache = new FileCache(
                new FileCacheOptions { CapacityBytes = 256 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
            File = Cache.Open(_path, FileMode.Open, FileAccess.ReadWrite);
            Content = OnDisk();
        }

        internal FileCache Cache { get; }

        internal CachedFile File { get; }

        /// <summary>What the other program knows of the file.</summary>
        internal byte[] Content { get; private set; }

        internal byte[] OnDisk() => System.IO.File.ReadAllBytes(_path);

        internal byte[] ReadAll() => Pages.Read(File, new ByteRange(0, File.Length));

        internal void Append(int count)
        {
            using (var stream = new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
                stream.Write(Pages.Pattern(count, seed: 2));
            Content = OnDisk();
        }

        internal void Cut(int length)
        {
            using (var stream = new FileStream(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
                stream.SetLength(length);
            Content = OnDisk();
        }

        public void Dispose()
        {
            Cache.Dispose();
            Assert.Empty(Cache.FailedFiles);
            _folder.Dispose();
        }
    }
}
