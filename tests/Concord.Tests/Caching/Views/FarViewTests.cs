using System.Collections.Concurrent;
using Concord.Interop.Linux;
using Concord.Memory;

namespace Concord.Tests.Caching.Views;

/// <summary>
/// Views that are large, far out in a file, or many; and what happens where a step of the system is refused.
/// </summary>
public sealed class FarViewTests
{
    [Theory]
    [InlineData((1L << 43) + 4096 + 5)]
    [InlineData((1L << 44) + 1)]
    [InlineData(1L << 45)]
    public void Views_of_a_long_file_show_and_write_its_last_page(long length)
    {
        var store = new NumberedStore(length);
        using var cache = Cache();
        using var file = cache.Open(store);
        long last = (length - 1) / Pages.Bytes;
        using var reading = file.MapView(ByteRange.FromBounds(last * Pages.Bytes, length));
        using var writing = file.MapView(ByteRange.FromBounds((last - 3) * Pages.Bytes, length), ViewAccess.ReadWrite);
        Assert.Equal(last, BitConverter.ToInt64(Pages.Read(file, new ByteRange((last - 1) * Pages.Bytes, 8))) + 1);
        if (length - (last * Pages.Bytes) >= 8)
            Assert.Equal(last, BitConverter.ToInt64(NativeMemory.Read(reading, 0, 8)));

        NativeMemory.Write(writing, Pages.Bytes, BitConverter.GetBytes(-1L));
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal((last - 2) * Pages.Bytes, Assert.Single(store.Written));
        Assert.Equal(last - 3, BitConverter.ToInt64(NativeMemory.Read(writing, 0, 8)));
    }

    [Fact]
    public void A_view_of_more_than_4_GiB_is_touched_everywhere_and_brought_in_ahead()
    {
        const long length = (5L << 30) + 123;
        var store = new NumberedStore(length);
        using var cache = Cache();
        using var file = cache.Open(store);
        using var view = file.MapView(new ByteRange(0, length));
        for (long at = 0; at + 8 < length; at += 997L * 1024 * 1024) CheckNumber(view, at / Pages.Bytes);
        CheckNumber(view, (length / Pages.Bytes) - 1);
        file.FlushAndPurge();

        foreach (long part in (long[])[3L << 30, 4L << 30])
        {
            using var soon = file.MapView(new ByteRange(Pages.Bytes, part));
            store.ForgetReads();
            soon.Advise(ViewAdvice.WillNeed);
            Patience.Await(() => store.HasRead(Pages.Bytes));
            file.FlushAndPurge();
        }
    }

    [Fact]
    public void What_is_brought_in_ahead_may_be_longer_than_any_buffer()
    {
        const long length = 3L << 30;
        var store = new NumberedStore(length) { FailsAt = Pages.Bytes };
        using var cache = Cache();
        using var file = cache.Open(store);

        file.Services.MissPath.LoadInBackground(ByteRange.FromBounds(Pages.Bytes, length), hasExclusiveHold: false);

        Patience.Await(() => store.HasRead(Pages.Bytes));
    }

    [Fact]
    public void Hundreds_of_views_of_one_file_agree()
    {
        using var fixture = new ViewFixture(new byte[100 * Pages.Bytes], capacityPages: 64);
        var random = new Random(5);
        var views = Enumerable.Range(0, 300).Select(_ =>
        {
            int first = random.Next(100);
            return fixture.Map((ViewAccess)random.Next(2), first, random.Next(1, 101 - first));
        }).ToList();
        byte[] model = new byte[100];
        for (int round = 0; round < 400; round++)
        {
            var view = views[random.Next(views.Count)];
            int page = (int)(view.Range.Offset / Pages.Bytes) + random.Next((int)(view.Range.Length / Pages.Bytes));
            long at = (page * (long)Pages.Bytes) - view.Range.Offset;
            Assert.Equal(model[page], NativeMemory.ReadByte(view, at));
            if (view.Access == ViewAccess.ReadWrite) NativeMemory.Write(view, at, [model[page] = (byte)round]);
            if (round % 40 == 0) Assert.True(fixture.File.FlushAndPurge().IsComplete);
        }

        foreach (var view in views) view.Dispose();
        fixture.File.FlushAndPurge();
        Assert.Equal(model, Enumerable.Range(0, 100).Select(page => fixture.Store.Content[page * Pages.Bytes]));
    }

    [Fact]
    public void A_load_that_cannot_be_armed_fails_and_keeps_nobody_waiting()
    {
        // A rude program maps something else over a page of the view; the page can be shown nowhere then.
        using var fixture = new ViewFixture(Pages.Of(1, 10));
        var view = fixture.Map(ViewAccess.ReadWrite);
        nint page = view.Address + (3 * Pages.Bytes);
        const int flags = Libc.MapPrivate | Libc.MapAnonymous | Libc.MapNoReserve | Libc.MapFixed;
        Assert.Equal(page, Libc.Mmap(page, Pages.Bytes, Libc.ProtNone, flags, -1, 0));

        Assert.Throws<IOException>(() => Pages.Read(fixture.File, Pages.Range(3)));
        var extent = fixture.File.State.Extents.Find(0)!;
        lock (extent) Assert.Equal(PageMask.None, extent.Claimed | extent.Resident);
        view.Dispose();
        Assert.Equal(Pages.Of(1), Pages.Read(fixture.File, Pages.Range(3)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public void A_view_that_a_lease_refused_shows_no_old_bytes_when_it_is_mapped_later(int leased)
    {
        using var fixture = new ViewFixture(Pages.Of(1, 200), capacityPages: 1024);
        Pages.Read(fixture.File, Pages.Range(0, 200));
        fixture.File.FlushAndPurge();
        fixture.Store.Put(0, Pages.Of(2, 200));
        using (var lease = fixture.File.Lease(Pages.Range(leased), LeaseAccess.Overwrite))
        {
            lease.WritableSpan.Fill(2);
            Assert.Throws<InvalidOperationException>(() => fixture.Map());
            foreach (var extent in fixture.File.State.Extents.All)
            {
                lock (extent) Assert.Equal(extent.Overwriting, extent.Claimed);
            }
        }

        using var view = fixture.Map();
        Assert.Equal(Pages.Of(2, 200), NativeMemory.Read(view, 0, 200 * Pages.Bytes));
    }

    private static void CheckNumber(MappedView view, long page) =>
        Assert.Equal(page, BitConverter.ToInt64(NativeMemory.Read(view, page * Pages.Bytes, 8)));

    private static FileCache Cache()
    {
        var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 256 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
        if (cache.Services.Views.Faults.UnsupportedReason is { Length: > 0 } why) Assert.Skip($"views: {why}");
        return cache;
    }

    /// <summary>A long store whose pages begin with their number; what is written is noted and forgotten.</summary>
    private sealed class NumberedStore(long length) : BackingStore
    {
        private readonly ConcurrentDictionary<long, bool> _read = [];

        internal ConcurrentQueue<long> Written { get; } = [];

        /// <summary>Where a read that begins there fails.</summary>
        internal long FailsAt { get; init; } = -1;

        public override bool CanWrite => true;

        public override long GetLength() => length;

        internal bool HasRead(long offset) => _read.ContainsKey(offset);

        internal void ForgetReads() => _read.Clear();

        public override int Read(long offset, Memory<byte> destination)
        {
            var span = destination.Span;
            span.Clear();
            for (int at = 0; at + 8 <= span.Length; at += Pages.Bytes)
                BitConverter.TryWriteBytes(span[at..], (offset + at) / Pages.Bytes);
            _read[offset] = true;
            return offset != FailsAt ? span.Length : throw new IOException("planted");
        }

        public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces) => Written.Enqueue(offset);

        public override void Barrier()
        {
            // Nothing is kept.
        }
    }
}
