using System.Buffers;
using Concord.Caching;
using Concord.Interop.Linux;

namespace Concord.Tests.Caching.Views;

/// <summary>Callers' buffers that lie in a view are never touched by managed code.</summary>
public sealed class BounceTests
{
    /// <summary>Measurements that may be made anew when the machine was busy with something else.</summary>
    private const int SlicesMax = 5;

    public static TheoryData<bool> Forms => [false, true];

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_file_is_read_into_a_view_of_another(bool isUserModeOnly)
    {
        using var fixture = Fixture(isUserModeOnly);
        using var source = fixture.Cache.Open(new ScriptedStore(Pages.Pattern(6 * Pages.Bytes, seed: 1)));
        using var view = fixture.Map(ViewAccess.ReadWrite);

        Assert.Equal(6 * Pages.Bytes, source.Read(0, Span(view, Pages.Bytes, 6 * Pages.Bytes)));
        fixture.File.FlushAndPurge();

        Assert.Equal(Pages.Pattern(6 * Pages.Bytes, seed: 1), fixture.Store.Content[Pages.Bytes..(7 * Pages.Bytes)]);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_file_is_written_from_a_view_of_itself(bool isUserModeOnly)
    {
        using var fixture = Fixture(isUserModeOnly);
        using var view = fixture.Map();

        fixture.File.Write(20 * Pages.Bytes, Span(view, 0, 3 * Pages.Bytes));

        Assert.Equal(Pages.Of(1, 3), Pages.Read(fixture.File, Pages.Range(20, 3)));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Uncached_and_asynchronous_calls_bounce_too(bool isUserModeOnly)
    {
        using var fixture = Fixture(isUserModeOnly);
        using var view = fixture.Map(ViewAccess.ReadWrite);
        using var memory = new ViewMemory(view.Address, 10 * Pages.Bytes);

        fixture.File.WriteUncached(10 * Pages.Bytes, memory.Memory[..Pages.Bytes]);
        Assert.Equal(Pages.Of(1), fixture.Store.Content[(10 * Pages.Bytes)..(11 * Pages.Bytes)]);
        fixture.Store.Put(11 * Pages.Bytes, Pages.Of(5));
        fixture.File.ReadUncached(11 * Pages.Bytes, memory.Memory.Slice(Pages.Bytes, Pages.Bytes));
        Assert.Equal(Pages.Of(5), NativeMemory.Read(view, Pages.Bytes, Pages.Bytes));
        await fixture.File.WriteAsync(12 * Pages.Bytes, memory.Memory.Slice(Pages.Bytes, Pages.Bytes),
            TestContext.Current.CancellationToken);
        Assert.Equal(Pages.Of(5), Pages.Read(fixture.File, Pages.Range(12)));
        await fixture.File.ReadAsync(12 * Pages.Bytes, memory.Memory.Slice(2 * Pages.Bytes, Pages.Bytes),
            TestContext.Current.CancellationToken);
        Assert.Equal(Pages.Of(5), NativeMemory.Read(view, 2 * Pages.Bytes, Pages.Bytes));
        Assert.True(fixture.File.TryRead(12 * Pages.Bytes, Span(view, 3 * Pages.Bytes, 10), out int count));
        Assert.Equal(10, count);
        Assert.True(fixture.File.TryWrite(12 * Pages.Bytes, Span(view, 0, 10)));
    }

    [Fact]
    public void A_view_is_filled_also_where_it_may_map_no_more_pages_unseen()
    {
        using var fixture = new ViewFixture(
            Pages.Of(1, 40), dispatcher: PageFaultDispatcher.Open(UserFaultForm.UserModeOnly),
            dirtyPages: 8);
        using var source = fixture.Cache.Open(new ScriptedStore(Pages.Of(7, 6)));
        using var view = fixture.Map(ViewAccess.ReadWrite);
        NativeMemory.Read(view, 0, 4 * Pages.Bytes);

        Assert.Equal(6 * Pages.Bytes, source.Read(0, Span(view, 20 * Pages.Bytes, 6 * Pages.Bytes)));

        Assert.Equal(Pages.Of(7, 6), Pages.Read(fixture.File, Pages.Range(20, 6)));
    }

    [Fact]
    public void A_view_for_reading_is_not_filled()
    {
        using var fixture = Fixture(isUserModeOnly: false);
        using var view = fixture.Map();

        Assert.Throws<ArgumentException>(() => fixture.File.Read(0, Span(view, 0, 10)));
    }

    [Fact]
    public void A_page_of_the_buffers_view_that_cannot_be_read_is_an_exception_and_no_signal()
    {
        using var fixture = Fixture(isUserModeOnly: false);
        using var other = new ViewFixture(Pages.Of(3, 4));
        using var view = fixture.Map();
        fixture.Store.Fails = static _ => new IOException("the disk is gone");

        Assert.Throws<IOException>(() => other.File.Write(0, Span(view, 0, 10)));
    }

    [Fact]
    public void Lines_of_a_view_are_flushed_and_absent_pages_are_not_touched()
    {
        Processor.ReloadTests.RequireTimer();
        using var fixture = Fixture(isUserModeOnly: false);
        using var view = fixture.Map(ViewAccess.ReadWrite);
        NativeMemory.Read(view, 0, 16 * Pages.Bytes);
        NativeMemory.Write(view, 0, [4]);
        fixture.Store.ForgetCalls();

        ProcessorCache.FlushAndInvalidate(view.Address, (nuint)view.Length);
        Processor.Reloads reloads = FlushLines(view, 16 * Pages.Bytes);
        for (int slice = 1; slice < SlicesMax && !reloads.AreSlow; slice++)
            reloads = FlushLines(view, 16 * Pages.Bytes);

        Assert.True(reloads.AreSlow, reloads.ToString());
        Assert.Empty(fixture.Store.Reads);
        Assert.Equal(4, NativeMemory.ReadByte(view, 0));
    }

    /// <summary>
    /// What loads through the view take before and after a flush of their line through the view's address.
    /// </summary>
    private static unsafe Processor.Reloads FlushLines(MappedView view, int length)
    {
        const int Line = 64;
        var random = new Random(1);
        var reloads = new Processor.Reloads();
        for (int i = 0; i < 500; i++)
        {
            byte* line = (byte*)view.Address + (random.Next(length / Line) * Line);
            double hit = Processor.LineTimer.Hit(line);
            ProcessorCache.FlushAndInvalidate((nint)line, Line);
            reloads.Add(hit, Processor.LineTimer.Load(line));
        }

        return reloads;
    }

    private static ViewFixture Fixture(bool isUserModeOnly) =>
        new(Pages.Of(1, 40), dispatcher: isUserModeOnly ? PageFaultDispatcher.Open(UserFaultForm.UserModeOnly) : null);

    internal static unsafe Span<byte> Span(MappedView view, int offset, int length) =>
        new((byte*)view.Address + offset, length);

    private sealed unsafe class ViewMemory(nint address, int length) : MemoryManager<byte>
    {
        public override Span<byte> GetSpan() => new((byte*)address, length);

        public override MemoryHandle Pin(int elementIndex = 0) => new((byte*)address + elementIndex);

        public override void Unpin()
        {
            // A view does not move.
        }

        protected override void Dispose(bool disposing)
        {
            // The view belongs to the test.
        }
    }
}
