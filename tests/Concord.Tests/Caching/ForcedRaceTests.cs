using System.Reflection;
using Concord.Caching;

namespace Concord.Tests.Caching;

/// <summary>
/// Races inside one step, on real threads: a thread is stopped at a lock that the step takes, which the test holds, and
/// the test looks at what the others could see at that point.
/// </summary>
public sealed class ForcedRaceTests
{
    [Fact]
    public void A_page_is_marked_dirty_only_when_the_file_is_as_long_as_its_bytes()
    {
        using var test = new CachedFixture(Pages.Of(1, 2)[..^500]);
        Pages.Read(test.File, Pages.Range(0, 2));
        long length = test.File.Length;
        Held(test.File.State.Sizes, () => test.File.Write(length - 10, Pages.Of(7)[..200]), () =>
        {
            // The bytes are there, and the length is not: a write-back that comes now must not take the page for done.
            Patience.Await(() => Byte(test.File, length - 1) == 7);
            Assert.False(Pages.IsDirty(test.File.State, 1));
            Assert.Equal(length, test.File.Length);
        });
        Assert.True(Pages.IsDirty(test.File.State, 1));
        Assert.True(test.File.FlushAndPurge().IsComplete);
        Assert.Equal(length + 190, test.Store.Content.Length);
        Assert.Equal(-1, test.Store.Content.AsSpan((int)length - 10).IndexOfAnyExcept((byte)7));
    }

    [Fact]
    public void A_copy_that_has_not_set_the_length_is_still_inside_its_page()
    {
        using var test = new CachedFixture(Pages.Of(1, 2)[..^500]);
        Pages.Read(test.File, Pages.Range(0, 2));
        long length = test.File.Length;
        Held(test.File.State.Sizes, () => test.File.Write(length - 10, Pages.Of(7)[..200]), () =>
        {
            Patience.Await(() => Byte(test.File, length - 1) == 7);
            Assert.NotEqual(0UL, Concord.Memory.Pins.Inside(test.File.State.SectionId, 0) & 0b10);
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_page_that_somebody_is_stuck_in_is_neither_dropped_nor_called_gone(bool isWhole)
    {
        using var test = new CachedFixture(Pages.Of(1, 4)) { ReaderLimit = TimeSpan.Zero };
        Pages.Read(test.File, Pages.Range(0, 4));
        using var hold = test.File.AcquireExclusive();
        using var stuck = new StuckCopy(test.File.State, page: 2);
        var result = isWhole ? hold.FlushAndPurge() : hold.FlushAndPurge(Pages.Range(2));
        Assert.Equal(CoherencyStatus.CachePageLocked, result.Status);
        Assert.Equal([new LeftRange(Pages.Range(2), LeftReason.Reader)], result.Left);
        Assert.Equal(isWhole ? 3 : 0, result.PagesPurged);
        Assert.True(Pages.IsResident(test.File.State, 2));
        test.Cache.Services.Evictor.Sweep(int.MaxValue);
        stuck.Leave();
        Assert.Equal(1, stuck.Seen);
        Assert.True(hold.FlushAndPurge().IsComplete);
    }

    [Fact]
    public void A_write_is_announced_before_its_bytes_are_copied()
    {
        // A purge closes the page between the announcement and the look: the copy must not go on in it.
        using var test = new CachedFixture(Pages.Of(1, 1));
        using var goOn = new ManualResetEventSlim();
        int value = 1;
        Pages.Read(test.File, Pages.Range(0));
        using var writer = new Repeating(() =>
        {
            int next = value % 250 + 1;
            test.File.Write(0, [(byte)next]);
            Volatile.Write(ref value, next);
            byte[] got = new byte[1];
            test.File.Read(0, got);
            Assert.Equal(next, got[0]);
        });
        for (int turn = 0; turn < 400; turn++)
        {
            test.File.FlushAndPurge();
            test.Cache.Services.Evictor.Sweep(int.MaxValue);
        }

        writer.Stop();
        Assert.True(test.File.FlushAndPurge().IsComplete);
        Assert.Equal(value, test.Store.Content[0]);
    }

    [Fact]
    public void What_a_hit_has_changed_is_dirty_when_nobody_is_inside_the_page_any_more()
    {
        // Who takes the page sees the bytes and the mark, or the thread still inside.
        using var test = new CachedFixture(Pages.Of(0, 1));
        Pages.Read(test.File, Pages.Range(0));
        int written = 0;
        using var writer = new Repeating(() =>
        {
            test.File.Write(8, BitConverter.GetBytes(written + 1));
            written++;
        });
        for (int turn = 0; turn < 2000; turn++)
        {
            int before = Volatile.Read(ref written);
            test.File.FlushAndPurge();
            Assert.True(BitConverter.ToInt32(test.Store.Content, 8) >= before);
        }

        writer.Stop();
        Assert.True(test.File.FlushAndPurge().IsComplete);
        Assert.Equal(written, BitConverter.ToInt32(test.Store.Content, 8));
    }

    [Fact]
    public void A_hit_is_still_inside_its_page_when_it_marks_it()
    {
        using var test = new CachedFixture(Pages.Of(1, 2));
        Pages.Read(test.File, Pages.Range(0, 2));
        var state = test.File.State;
        var lists = state.Pending.BecameDirty!;
        ulong inside = 0;
        state.Pending.BecameDirty = () =>
        {
            inside = Concord.Memory.Pins.Inside(state.SectionId, 0);
            lists();
        };
        test.File.Write(Pages.Bytes, [7]);
        Assert.Equal(0b10UL, inside);
    }

    private static byte Byte(CachedFile file, long offset)
    {
        var extent = file.State.Extents.Find(0)!;
        return extent.BytesAt((int)offset, 1)[0];
    }

    /// <summary>Runs a step on a thread of its own while the lock of the sizes is held, and looks meanwhile.</summary>
    private static void Held(FileSizes sizes, Action step, Action look)
    {
        var gate = (Lock)typeof(FileSizes)
            .GetField("_gate", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(sizes)!;
        var thread = new Thread(() => step());
        lock (gate)
        {
            thread.Start();
            look();
        }

        thread.Join();
    }
}
