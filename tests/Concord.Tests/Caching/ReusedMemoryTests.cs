using Concord.Memory;

namespace Concord.Tests.Caching;

/// <summary>
/// Memory that held something before is used again: nothing of it shows, whatever the page is filled with and however
/// its end is ragged.
/// </summary>
public sealed class ReusedMemoryTests
{
    private const byte Old = 0xEE;
    private const int FilePages = 6, Ragged = 2 * 4096 + 100;

    /// <summary>Where the section's memory comes from, and whether a view shows it.</summary>
    public static TheoryData<SectionKind, bool> Kinds => new()
    {
        { SectionKind.Private, false },
        { SectionKind.Shared, false },
        { SectionKind.Shared, true },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Behind_the_end_of_the_store_a_page_that_is_loaded_reads_as_zeros(SectionKind kind, bool withView)
    {
        using var test = new Fixture(kind, withView);
        test.ChangeStore(Ragged);
        test.File.SetLength(FilePages * Pages.Bytes);
        test.CheckShown(Ragged, 1);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void So_does_one_that_is_read_ahead(SectionKind kind, bool withView)
    {
        using var test = new Fixture(kind, withView);
        test.ChangeStore(Ragged);
        test.File.SetLength(FilePages * Pages.Bytes);
        test.File.Load();
        test.CheckShown(Ragged, 1);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Behind_a_ragged_end_an_overwritten_page_reads_as_zeros_when_the_file_grows(SectionKind kind,
        bool withView)
    {
        using var test = new Fixture(kind, withView);
        test.ChangeStore(Ragged);
        test.File.Write(0, Pages.Of(3, FilePages).AsSpan(0, Ragged));
        test.File.SetLength(FilePages * Pages.Bytes);
        test.CheckShown(Ragged, 3);
    }

    [Fact]
    public void In_a_view_zeros_follow_a_ragged_end_that_was_overwritten_in_its_page()
    {
        using var test = new Fixture(SectionKind.Shared, withView: true);
        test.ChangeStore(Ragged);
        test.File.Write(0, Pages.Of(3, FilePages).AsSpan(0, Ragged));
        test.CheckViewUpToPageOf(Ragged, 3);
    }

    /// <remarks>Where views show memory, pages are loaded first, and then lent.</remarks>
    [Theory]
    [InlineData(SectionKind.Private)]
    [InlineData(SectionKind.Shared)]
    public void An_overwriting_lease_begins_with_zeros_and_leaves_them_behind_its_end(SectionKind kind)
    {
        using var test = new Fixture(kind, withView: false);
        test.ChangeStore(Ragged);
        using (var lease = test.File.Lease(new ByteRange(0, Ragged), LeaseAccess.Overwrite))
        {
            Assert.Equal(-1, lease.Span.IndexOfAnyExcept((byte)0));
            lease.WritableSpan[..Pages.Bytes].Fill(3);
        }

        test.File.SetLength(FilePages * Pages.Bytes);
        test.CheckShown(Pages.Bytes, 3);
    }

    [Theory]
    [InlineData(SectionKind.Private)]
    [InlineData(SectionKind.Shared)]
    public void A_lease_that_is_given_up_leaves_the_stores_bytes(SectionKind kind)
    {
        using var test = new Fixture(kind, withView: false);
        test.ChangeStore(Ragged);
        var lease = test.File.Lease(new ByteRange(0, Ragged), LeaseAccess.Overwrite);
        lease.WritableSpan.Fill(Old);
        lease.Abort();
        test.File.SetLength(FilePages * Pages.Bytes);
        test.CheckShown(Ragged, 1);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_write_far_behind_the_end_shows_zeros_before_it(SectionKind kind, bool withView)
    {
        using var test = new Fixture(kind, withView);
        test.ChangeStore(Ragged);
        test.File.Write((FilePages * Pages.Bytes) - 1, [0]);
        test.CheckShown(Ragged, 1);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_load_that_fails_shows_nothing_of_what_it_had_begun(SectionKind kind, bool withView)
    {
        using var test = new Fixture(kind, withView);
        test.Store.Fails = static call => call.Kind == StoreCallKind.Read ? new IOException("planted") : null;
        Assert.Throws<IOException>(() => test.File.Read(0, new byte[Pages.Bytes]));
        test.ChangeStore(Ragged);
        test.Store.Fails = static _ => null;
        test.File.SetLength(FilePages * Pages.Bytes);
        test.CheckShown(Ragged, 1);
    }

    [Fact]
    public void Another_file_that_gets_the_memory_shows_its_own_bytes()
    {
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 16 * Pages.Bytes,
            LazyWriterInterval = TimeSpan.Zero,
        });
        for (int turn = 1; turn <= 20; turn++)
        {
            using var file = cache.Open(new ScriptedStore(Pages.Of((byte)turn, 20)[..^300]));
            byte[] got = Pages.Read(file, Pages.Range(0, 20));
            Assert.Equal(-1, got.AsSpan().IndexOfAnyExcept((byte)turn));
            file.SetLength(30 * Pages.Bytes);
            Assert.Equal(-1, Pages.Read(file, ByteRange.FromBounds(got.Length, 30 * Pages.Bytes)).AsSpan()
                .IndexOfAnyExcept((byte)0));
        }
    }

    /// <summary>A file whose pages are absent, in memory that is full of old bytes.</summary>
    private sealed class Fixture : IDisposable
    {
        private readonly MappedView? _view;

        internal Fixture(SectionKind kind, bool withView)
        {
            Store = new ScriptedStore(Pages.Of(1, FilePages));
            Cache = new FileCache(new FileCacheOptions
            {
                CapacityBytes = 64 * Pages.Bytes,
                SectionKind = kind,
                LazyWriterInterval = TimeSpan.Zero,
            });
            File = Cache.Open(Store);
            if (withView) _view = Views.ViewFixture.MapOrSkip(Cache, File, ViewAccess.Read);
            File.Write(0, Pages.Of(Old, FilePages));
            Assert.True(File.FlushAndPurge().IsComplete);
            if (withView) return;

            // Purged, and not given back: the old bytes are there.
            foreach (var extent in File.State.Extents.All)
            {
                lock (extent)
                {
                    Assert.Equal((PageMask.None, true), (extent.Resident, extent.Backed != PageMask.None));
                    Assert.Equal(Old, extent.BytesAt(100, 1)[0]);
                }
            }
        }

        internal ScriptedStore Store { get; }

        internal FileCache Cache { get; }

        internal CachedFile File { get; }

        /// <summary>Somebody replaces the store's bytes by fewer; the cache hears of it by a purge.</summary>
        internal void ChangeStore(int length)
        {
            Store.SetLength(0);
            Store.Put(0, Pages.Of(1, FilePages)[..length]);
            Store.Fails = static _ => null;
            Assert.True(File.FlushAndPurge().IsComplete);
            Assert.Equal(length, File.Length);
        }

        /// <summary>
        /// The file has a value up to some place, and zeros behind it: in copies, in views, and in the store.
        /// </summary>
        internal void CheckShown(int end, byte value)
        {
            byte[] expected = new byte[FilePages * Pages.Bytes];
            expected.AsSpan(0, end).Fill(value);
            if (_view is not null) Assert.Equal(expected, Views.NativeMemory.Read(_view, 0, expected.Length));
            Assert.Equal(expected, Pages.Read(File, new ByteRange(0, expected.Length)));
            Assert.True(File.FlushAndPurge().IsComplete);
            Assert.Equal(expected, Store.Content);
            Assert.Equal(expected, Pages.Read(File, new ByteRange(0, expected.Length)));
        }

        /// <summary>The view shows a value up to some place, and zeros behind it in its page.</summary>
        internal void CheckViewUpToPageOf(int end, byte value)
        {
            byte[] expected = new byte[(end / Pages.Bytes + 1) * Pages.Bytes];
            expected.AsSpan(0, end).Fill(value);
            Assert.Equal(expected, Views.NativeMemory.Read(_view!, 0, expected.Length));
        }

        public void Dispose()
        {
            _view?.Dispose();
            Store.Fails = static _ => null;
            Cache.Dispose();
            Assert.Empty(Cache.FailedFiles);
        }
    }
}
