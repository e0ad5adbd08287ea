using System.Runtime.InteropServices;
using Concord.Nt;
using Concord.Tests.Caching;
using static Concord.Nt.NtHost;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>Numbers of a log: what they mean without one, and a log that fails.</summary>
public sealed unsafe class LogTests
{
    [ThreadStatic]
    private static List<string>? Calls;

    [ThreadStatic]
    private static NTSTATUS Answer;

    [ThreadStatic]
    private static bool SaysSuccess;

    [Theory]
    [InlineData(9)]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_number_without_a_log_makes_the_page_dirty_as_none_does(long number)
    {
        using var test = new CachingFixture(pages: 2);
        Change(test, page: 1, number);
        Assert.Equal(STATUS_SUCCESS, test.Inner.CallWhole().Status);
        Assert.Equal(7, test.Store.Content[Pages.Bytes]);
    }

    [Fact]
    public void A_number_that_comes_before_its_log_holds_for_it()
    {
        using var test = new CachingFixture(pages: 2);
        Calls = [];
        test.Store.Before = static call =>
        {
            if (call.Kind == StoreCallKind.Write) Calls!.Add("data");
        };
        Change(test, page: 1, number: 9);
        CcSetLogHandleForFile(test.Object, (void*)5, &FlushLog);
        Change(test, page: 0, number: 0);
        Assert.Equal(STATUS_SUCCESS, test.FlushAll().Status);
        Assert.Equal(["log to 9", "data"], Calls);
    }

    [Theory]
    [InlineData(0xC0000185, 0xC0000185)]
    [InlineData(0x80000005, 0x80000005)]
    [InlineData(0x00000102, 0xC00000E9)]
    [InlineData(0x00000103, 0xC00000E9)]
    [InlineData(0x40000000, 0xC00000E9)]
    public void A_log_that_says_that_it_fails_keeps_its_pages_dirty_and_out_of_the_store(uint said, uint told)
    {
        using var test = new CachingFixture(pages: 2);
        Calls = [];
        CcSetLogHandleForFile(test.Object, (void*)5, &FlushLog);
        Change(test, page: 1, number: 9);
        Answer = new NTSTATUS(said);
        Assert.Equal(new NTSTATUS(told), test.FlushAll().Status);
        Assert.Equal(new NTSTATUS(told), test.Inner.CallWhole().Status);
        Assert.Equal((1, 7), (test.Store.Content[Pages.Bytes], test.Read(Pages.Bytes, 1)![0]));
        Answer = STATUS_SUCCESS;
        Assert.Equal(STATUS_SUCCESS, test.Inner.CallWhole().Status);
        Assert.Equal(7, test.Store.Content[Pages.Bytes]);
    }

    [Fact]
    public void Outside_of_its_routine_nobody_says_that_a_log_fails_and_STATUS_SUCCESS_is_no_failure()
    {
        using var test = new CachingFixture(pages: 2);
        Calls = [];
        Assert.Equal(STATUS_INVALID_PARAMETER, ConcordFailFlushToLsn(STATUS_IO_DEVICE_ERROR));
        CcSetLogHandleForFile(test.Object, (void*)5, &FlushLog);
        Change(test, page: 1, number: 9);
        SaysSuccess = true;
        Assert.Equal(STATUS_SUCCESS, test.FlushAll().Status);
        SaysSuccess = false;
        Assert.Equal(["log to 9", "refused"], Calls);
    }

    private static void Change(CachingFixture test, int page, long number)
    {
        var (bcb, buffer) = test.Pin(Pages.Range(page), PIN_WAIT | PIN_EXCLUSIVE)!.Value;
        var lsn = new LARGE_INTEGER { QuadPart = number };
        CcSetDirtyPinnedData(bcb, &lsn);
        new Span<byte>(buffer, Pages.Bytes).Fill(7);
        CcUnpinData(bcb);
    }

    [UnmanagedCallersOnly]
    private static void FlushLog(void* handle, LARGE_INTEGER sequence)
    {
        Calls!.Add($"log to {sequence.QuadPart}");
        if (Answer == STATUS_SUCCESS && !SaysSuccess) return;
        if (ConcordFailFlushToLsn(Answer) != STATUS_SUCCESS) Calls!.Add("refused");
    }
}
