using Concord.Memory;

namespace Concord.Tests.Caching;

/// <summary>
/// Sizes at which the code takes another way: what is far, long or many is served like what is near and small.
/// </summary>
public sealed class LargeSizesTests
{
    /// <summary>What one leaf of the table of extents covers, and one window of memory.</summary>
    private const long LeafBytes = 1L << 28, WindowBytes = 1L << 30;

    /// <summary>Places at which bytes lie on both sides of a border.</summary>
    public static TheoryData<long> Borders =>
        [LeafBytes, 2 * LeafBytes, WindowBytes, 4 * WindowBytes, int.MaxValue + 1L, 1L << 32, 1L << 40];

    [Theory]
    [MemberData(nameof(Borders))]
    public void Bytes_on_both_sides_of_a_border_are_read_written_flushed_and_purged(long border)
    {
        var store = new FarStore(border + LeafBytes);
        using var cache = Make();
        using var file = cache.Open(store);
        byte[] bytes = Pages.Pattern(3 * Pages.Bytes, seed: 11);
        long start = border - Pages.Bytes - 77;
        file.Write(start, bytes);
        Assert.Equal(bytes, Pages.Read(file, new ByteRange(start, bytes.Length)));
        Assert.Equal(bytes.Length, file.Flush(new ByteRange(start, bytes.Length)).BytesInStore);
        Assert.Equal(bytes, store.Get(start, bytes.Length));
        using (var lease = file.Lease(Pages.Range((border / Pages.Bytes) - 1),
            LeaseAccess.Write)) lease.WritableSpan.Fill(9);
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(9, store.Get(border - 1, 1)[0]);
        Assert.Equal(bytes[(Pages.Bytes + 77)..], store.Get(border, bytes.Length - Pages.Bytes - 77));
        Assert.Equal([9, bytes[Pages.Bytes + 77]], Pages.Read(file, new ByteRange(border - 1, 2)));
        Assert.Equal(0, store.OddCalls);
    }

    [Fact]
    public void A_run_over_two_leaves_is_one_in_the_store_and_holds_its_bytes()
    {
        var store = new FarStore(2 * LeafBytes);
        using var cache = Make();
        using var file = cache.Open(store);
        byte[] bytes = Pages.Pattern(2 * PageGeometry.ExtentBytes, seed: 12);
        file.Write(LeafBytes - PageGeometry.ExtentBytes, bytes);
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(bytes, store.Get(LeafBytes - PageGeometry.ExtentBytes, bytes.Length));
        Assert.Equal(bytes, Pages.Read(file, new ByteRange(LeafBytes - PageGeometry.ExtentBytes, bytes.Length)));
        Assert.Equal(1, store.Writes);
    }

    [Fact]
    public void More_dirty_pages_than_a_run_takes_are_all_written()
    {
        const int Pieces = 5;
        const long Piece = 4L << 20;
        var store = new ScriptedStore(new byte[Pieces * Piece + 100]);
        using var cache = Make(64);
        using var file = cache.Open(store);
        byte[] bytes = Pages.Pattern((int)(Pieces * Piece) + 100, seed: 13);
        file.Write(0, bytes);
        var result = file.FlushAndPurge();
        Assert.Equal((bytes.Length, bytes.Length), (result.BytesInStore, result.BytesWritten));
        Assert.True(bytes.AsSpan().SequenceEqual(store.Content));
        Assert.All(store.Writes, static call => Assert.True(call.Length <= Piece + PageGeometry.ExtentBytes));
        byte[] got = new byte[bytes.Length];
        Assert.Equal(got.Length, file.Read(0, got));
        Assert.True(bytes.AsSpan().SequenceEqual(got));
    }

    [Fact]
    public void Hundreds_of_extents_each_keep_their_own_page()
    {
        const int Extents = 300;
        long step = PageGeometry.ExtentBytes;
        var store = new FarStore(Extents * step);
        using var cache = Make();
        using var file = cache.Open(store);
        for (int at = 0; at < Extents; at++) file.Write((at * step) + (at % Pages.PerExtent * Pages.Bytes), [(byte)at,
            (byte)(at >> 8)]);
        for (int at = 0; at < Extents; at++)
        {
            var range = new ByteRange((at * step) + (at % Pages.PerExtent * Pages.Bytes), 2);
            Assert.Equal([(byte)at, (byte)(at >> 8)], Pages.Read(file, range));
        }

        Assert.Equal(Extents * (long)Pages.Bytes, cache.DirtyBytes);
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal((0, 0), (cache.DirtyBytes, cache.State.Counters.Leased));
        for (int at = 0; at < Extents; at++)
        {
            Assert.Equal([(byte)at, (byte)(at >> 8)], store.Get((at * step) + (at % Pages.PerExtent * Pages.Bytes), 2));
        }
    }

    [Fact]
    public void A_cut_below_far_pages_drops_them_and_an_extension_shows_zeros_there()
    {
        var store = new FarStore(4 * LeafBytes);
        using var cache = Make();
        using var file = cache.Open(store);
        foreach (long at in (long[])[0, LeafBytes, 3 * LeafBytes]) file.Write(at + 5, [1, 2, 3]);
        file.SetLength(LeafBytes + 6);
        file.SetLength(4 * LeafBytes);
        Assert.Equal([1, 0, 0], Pages.Read(file, new ByteRange(LeafBytes + 5, 3)));
        Assert.Equal([0, 0, 0], Pages.Read(file, new ByteRange((3 * LeafBytes) + 5, 3)));
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal([1, 2, 3], store.Get(5, 3));
        Assert.Equal([1, 0, 0], store.Get(LeafBytes + 5, 3));
        Assert.Equal([0, 0, 0], store.Get((3 * LeafBytes) + 5, 3));
    }

    private static FileCache Make(int megabytes = 16) => new(new FileCacheOptions
    {
        CapacityBytes = (long)megabytes << 20,
        MaxReadAheadBytes = 0,
        LazyWriterInterval = TimeSpan.Zero,
    });

    /// <summary>A store as long as it is said to be that keeps the pages that were written.</summary>
    private sealed class FarStore(long length) : BackingStore
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<long, byte> _bytes = [];
        private long _length = length;

        public override string Name => "far store";

        internal int Writes { get; private set; }

        /// <summary>Calls that lie where no caller of this class can have asked for.</summary>
        internal int OddCalls { get; private set; }

        internal byte[] Get(long offset, int count)
        {
            byte[] bytes = new byte[count];
            lock (_gate)
            {
                for (int i = 0; i < count; i++) bytes[i] = _bytes.GetValueOrDefault(offset + i);
            }

            return bytes;
        }

        public override long GetLength()
        {
            lock (_gate) return _length;
        }

        public override int Read(long offset, Memory<byte> destination)
        {
            int count = (int)Math.Clamp(GetLength() - offset, 0, destination.Length);
            if (offset < 0) OddCalls++;
            Get(offset, count).CopyTo(destination.Span);
            return count;
        }

        public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
        {
            lock (_gate)
            {
                Writes++;
                if (offset < 0) OddCalls++;
                foreach (var piece in pieces)
                {
                    foreach (byte value in piece.Span)
                    {
                        if (value != 0 || _bytes.ContainsKey(offset)) _bytes[offset] = value;
                        offset++;
                    }
                }

                _length = Math.Max(_length, offset);
            }
        }

        public override void Barrier()
        {
            // It keeps everything at once.
        }

        public override void SetLength(long newLength)
        {
            lock (_gate)
            {
                foreach (long at in _bytes.Keys.Where(at => at >= newLength).ToArray()) _bytes.Remove(at);
                _length = newLength;
            }
        }
    }
}
