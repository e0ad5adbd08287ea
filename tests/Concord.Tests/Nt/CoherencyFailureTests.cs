using System.Net.Sockets;
using Concord.Nt;
using Concord.Tests.Caching;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>What CcCoherencyFlushAndPurgeCache does when the store fails.</summary>
public sealed class CoherencyFailureTests
{
    [Theory]
    [InlineData(0u)]
    [InlineData(CC_FLUSH_AND_PURGE_NO_PURGE)]
    [Row(17)]
    public void A_page_whose_write_fails_stays_dirty_and_readable(uint flags)
    {
        using var test = new CoherencyFixture(pages: 4);
        test.WritePage(1, 7);
        test.Store.Fails = FailWritesOf(1);

        var result = test.Call(Pages.Range(0, 4), flags);

        CoherencyFixture.AssertIs(STATUS_UNEXPECTED_IO_ERROR, 3 * Pages.Bytes, result);
        Assert.False(NT_SUCCESS(result.Status));
        Assert.True(Pages.IsDirty(test.File.State, 1));
        Assert.Equal(Pages.Of(7), Pages.Read(test.File, Pages.Range(1)));
        Assert.Equal(Pages.Of(1), test.StorePage(1));
    }

    [Fact]
    [Row(18)]
    public void A_write_that_failed_once_is_made_by_the_second_call()
    {
        using var test = new CoherencyFixture(pages: 4);
        test.WritePage(1, 7);
        test.Store.Fails = FailWritesOf(1);
        Assert.Equal(STATUS_UNEXPECTED_IO_ERROR, test.CallWhole().Status);
        test.Store.Fails = static _ => null;

        CoherencyFixture.AssertIs(STATUS_SUCCESS, 4 * Pages.Bytes, test.CallWhole());

        Assert.Equal(Pages.Of(7), test.StorePage(1));
    }

    [Fact]
    [Row(19)]
    public void Of_two_pages_the_one_that_was_written_is_in_the_store_and_the_other_is_not_dropped()
    {
        using var test = new CoherencyFixture(pages: 4);
        test.WritePage(1, 7);
        test.WritePage(3, 8);
        test.Store.Fails = FailWritesOf(3);

        var result = test.CallWhole();

        CoherencyFixture.AssertIs(STATUS_UNEXPECTED_IO_ERROR, 3 * Pages.Bytes, result);
        Assert.Equal(Pages.Of(7), test.StorePage(1));
        Assert.True(Pages.IsDirty(test.File.State, 3) && Pages.IsResident(test.File.State, 3));
        Assert.Equal(Pages.Of(8), Pages.Read(test.File, Pages.Range(3)));
    }

    [Fact]
    [Row(17, 18)]
    public void A_barrier_that_fails_leaves_the_page_dirty_and_the_second_call_writes_it_again()
    {
        using var test = new CoherencyFixture(pages: 4);
        test.WritePage(1, 7);
        test.Store.Fails = call => call.Kind == StoreCallKind.Barrier ? new IOException("planted") : null;

        CoherencyFixture.AssertIs(STATUS_UNEXPECTED_IO_ERROR, 3 * Pages.Bytes, test.CallWhole());

        Assert.True(Pages.IsDirty(test.File.State, 1));
        test.Store.Fails = static _ => null;
        test.Store.ForgetCalls();
        CoherencyFixture.AssertIs(STATUS_SUCCESS, 4 * Pages.Bytes, test.CallWhole());
        Assert.Single(test.Store.Writes);
    }

    [Fact]
    public void The_status_tells_the_cause()
    {
        (Exception Error, NTSTATUS Status)[] causes =
        [
            (new IOException("planted", 28), STATUS_DISK_FULL),
            (new IOException("planted", unchecked((int)0x80070070)), STATUS_DISK_FULL),
            (new IOException("planted", 5), STATUS_IO_DEVICE_ERROR),
            (new IOException("planted", unchecked((int)0x8007045D)), STATUS_IO_DEVICE_ERROR),
            (new IOException("planted", 13), STATUS_ACCESS_DENIED),
            (new IOException("planted", 12), STATUS_INSUFFICIENT_RESOURCES),
            (new IOException("planted", 27), STATUS_FILE_TOO_LARGE),
            (new IOException("planted", 30), STATUS_MEDIA_WRITE_PROTECTED),
            (new IOException("planted", 122), STATUS_DISK_QUOTA_EXCEEDED),
            (new IOException("planted", new IOException("cause", 28)), STATUS_DISK_FULL),
            (new UnauthorizedAccessException("planted"), STATUS_ACCESS_DENIED),
            (new OperationCanceledException("planted"), STATUS_CANCELLED),
            (new OutOfMemoryException("planted"), STATUS_INSUFFICIENT_RESOURCES),
            (new NotSupportedException("planted"), STATUS_NOT_SUPPORTED),
            (new IOException("planted", new SocketException(104)), STATUS_UNEXPECTED_IO_ERROR),
            (new ArithmeticException("planted"), STATUS_UNEXPECTED_IO_ERROR),
        ];
        foreach (var (error, status) in causes)
        {
            using var test = new CoherencyFixture(pages: 4);
            test.WritePage(1, 7);
            test.Store.Fails = call => call.Kind == StoreCallKind.Write ? error : null;
            CoherencyFixture.AssertIs(status, 3 * Pages.Bytes, test.CallWhole());
            Assert.True(Pages.IsDirty(test.File.State, 1));
        }
    }

    [Fact]
    public void A_full_disk_below_a_barrier_is_told_as_such()
    {
        using var test = new CoherencyFixture(pages: 4);
        test.WritePage(1, 7);
        test.Store.Fails = call => call.Kind == StoreCallKind.Barrier ? new IOException("planted", 28) : null;
        Assert.Equal(STATUS_DISK_FULL, test.CallWhole().Status);
    }

    private static Func<StoreCall, Exception?> FailWritesOf(long page) => call =>
        call.Kind == StoreCallKind.Write && call.Range.Overlaps(Pages.Range(page)) ? new IOException("planted") : null;
}
