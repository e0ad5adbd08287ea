using System.Runtime.InteropServices;
using Concord.Caching;
using Concord.Tests.Interop;

namespace Concord.Tests.Caching.Views;

public sealed class PoisonTests
{
    private const int BadAddress = 14;

    [Theory]
    [InlineData(ViewAccess.Read, false)]
    [InlineData(ViewAccess.ReadWrite, false)]
    [InlineData(ViewAccess.CopyOnWrite, false)]
    [InlineData(ViewAccess.Read, true)]
    [InlineData(ViewAccess.ReadWrite, true)]
    [InlineData(ViewAccess.CopyOnWrite, true)]
    public void A_page_that_cannot_be_read_fails_a_system_call_and_comes_back_with_prefault(
        ViewAccess access, bool isOldKernel)
    {
        using var fixture = new ViewFixture(
            Pages.Of(1, 40), dispatcher: PageFaultDispatcher.Open(isSynchronous: isOldKernel));
        using var folder = new TempFile();
        using var view = fixture.Map(access);
        fixture.Store.Fails = call => call.Kind == StoreCallKind.Read ? new IOException("the disk is gone") : null;

        Assert.Equal(-1, Native.Pwrite(folder.Handle, view.Address + (5 * Pages.Bytes), 1, 0));
        Assert.Equal(1, fixture.File.Services.Views.Poison.Count);
        Assert.Contains("the disk is gone", Assert.Throws<IOException>(() => view.Prefault(Pages.Range(5))).Message);

        fixture.Store.Fails = static _ => null;
        view.Prefault(Pages.Range(5));
        Assert.Equal(1, NativeMemory.ReadByte(view, 5 * Pages.Bytes));
        Assert.Equal(0, fixture.File.Services.Views.Poison.Count);
        fixture.File.FlushAndPurge();
        Assert.Empty(fixture.Store.Writes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_poisoned_page_comes_back_with_a_load_and_with_a_purge_and_is_armed_again(bool isOldKernel)
    {
        using var fixture = new ViewFixture(
            Pages.Of(1, 40), dispatcher: PageFaultDispatcher.Open(isSynchronous: isOldKernel));
        using var folder = new TempFile();
        using var view = fixture.Map(ViewAccess.ReadWrite);
        using var other = fixture.Map();
        Poison(fixture, folder, view, page: 3);
        Poison(fixture, folder, view, page: 4);

        Pages.Read(fixture.File, Pages.Range(3));
        Assert.Equal(1, NativeMemory.ReadByte(view, 3 * Pages.Bytes));
        Assert.Equal(1, NativeMemory.ReadByte(other, 3 * Pages.Bytes));
        Assert.True(fixture.File.FlushAndPurge(Pages.Range(4)).IsComplete);
        Assert.Equal(1, NativeMemory.ReadByte(view, 4 * Pages.Bytes));
        Assert.Equal(1, NativeMemory.ReadByte(other, 4 * Pages.Bytes));

        fixture.File.FlushAndPurge(CoherencyOptions.NoPurge);
        Assert.Empty(fixture.Store.Writes);
        NativeMemory.Write(view, 3 * Pages.Bytes, [7]);
        NativeMemory.Write(view, 4 * Pages.Bytes, [7]);
        fixture.File.FlushAndPurge(CoherencyOptions.NoPurge);
        Assert.Equal(7, fixture.Store.Content[3 * Pages.Bytes]);
        Assert.Equal(7, fixture.Store.Content[4 * Pages.Bytes]);
    }

    [Fact]
    public void A_page_that_cannot_be_read_fails_also_where_others_of_its_extent_are_in_memory()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 40));
        using var folder = new TempFile();
        using var view = fixture.Map();
        Pages.Read(fixture.File, Pages.Range(0));
        int reads = 0;
        fixture.Store.Fails = call => call.Kind == StoreCallKind.Read && Interlocked.Increment(ref reads) == 1
            ? new IOException("the disk was gone") : null;
        Assert.Equal(-1, Native.Pwrite(folder.Handle, view.Address + (20 * Pages.Bytes), 1, 0));
        Assert.Equal(1, fixture.File.Services.Views.Poison.Count);
    }

    [Fact]
    public void A_touch_of_a_page_that_cannot_be_read_ends_the_process_with_a_line_that_names_file_and_offset()
    {
        Assert.SkipWhen(PageFaultDispatcher.Shared.UnsupportedReason.Length > 0,
            $"views: {PageFaultDispatcher.Shared.UnsupportedReason}");
        using var child = Child.StartWithErrors("view-poison");
        string errors = child.StandardError.ReadToEnd();
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();

        Assert.Contains($"scripted store needs the page at offset {7 * Pages.Bytes}", errors);
        Assert.Contains("the disk is gone", errors);
        Assert.DoesNotContain("survived", output);
        Assert.Equal(128 + 7, child.ExitCode);
    }

    internal static int TouchBadPage()
    {
        var fixture = new ViewFixture(Pages.Of(1, 40));
        var view = fixture.Map();
        fixture.Store.Fails = static _ => new IOException("the disk is gone");
        NativeMemory.ReadByte(view, 7 * Pages.Bytes);
        Console.WriteLine("survived");
        return 0;
    }

    private static void Poison(ViewFixture fixture, TempFile file, MappedView view, int page)
    {
        fixture.Store.Fails = call => call.Kind == StoreCallKind.Read ? new IOException("the disk is gone") : null;
        Assert.Equal(-1, Native.Pwrite(file.Handle, view.Address + (page * Pages.Bytes), 1, 0));
        Assert.Contains(Marshal.GetLastPInvokeError(), new[] { BadAddress, 133 });
        fixture.Store.Fails = static _ => null;
        Assert.NotEqual(0, fixture.File.Services.Views.Poison.Count);
    }
}
