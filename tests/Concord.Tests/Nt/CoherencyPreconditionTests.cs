using Concord.Nt;
using Concord.Tests.Caching;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>What CcCoherencyFlushAndPurgeCache asks of its caller, and what it says when that does not hold.</summary>
public sealed unsafe class CoherencyPreconditionTests
{
    [Fact]
    [Row(10)]
    public void Without_the_exclusive_hold_the_status_says_so_and_nothing_happens() =>
        AssertRefused(STATUS_RESOURCE_NOT_OWNED, "NtFile.AcquireExclusive", test => test.Nt.SectionObjectPointer);

    [Fact]
    [Row(10)]
    public void A_shared_hold_is_not_enough()
    {
        using var test = Dirty();
        test.Nt.AcquireShared();
        AssertRefused(test, STATUS_RESOURCE_NOT_OWNED, "NtFile.AcquireExclusive", test.Nt.SectionObjectPointer);
        test.Nt.Release();
    }

    [Fact]
    [Row(10)]
    public void The_hold_of_another_thread_is_not_enough()
    {
        using var test = Dirty();
        using var acquired = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var other = new Thread(() =>
        {
            test.Nt.AcquireExclusive();
            acquired.Set();
            release.Wait();
            test.Nt.Release();
        });
        other.Start();
        acquired.Wait(TestContext.Current.CancellationToken);
        AssertRefused(test, STATUS_RESOURCE_NOT_OWNED, "NtFile.AcquireExclusive", test.Nt.SectionObjectPointer);
        release.Set();
        other.Join();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(15)]
    [Row(11)]
    public void Above_PASSIVE_LEVEL_the_status_says_so_and_nothing_happens(byte level)
    {
        using var test = Dirty();
        test.Nt.AcquireExclusive();
        using (Irql.Raise(new Irql(level)))
        {
            AssertRefused(test, STATUS_CANT_WAIT, "PASSIVE_LEVEL", test.Nt.SectionObjectPointer);
        }

        test.Nt.Release();
    }

    [Fact]
    public void A_pointer_that_is_null_or_nobodys_is_an_invalid_parameter()
    {
        SECTION_OBJECT_POINTERS nobodys;
        using var test = Dirty();
        AssertRefused(test, STATUS_INVALID_PARAMETER, "must not be null", null);
        AssertRefused(test, STATUS_INVALID_PARAMETER, "a file object that is open or attached", &nobodys);
    }

    [Fact]
    public void Without_a_place_for_the_result_it_throws_always_and_nothing_happens()
    {
        using var test = Dirty();
        test.Nt.AcquireExclusive();
        var error = Assert.Throws<NtPreconditionException>(() =>
            CcCoherencyFlushAndPurgeCache(test.Nt.SectionObjectPointer, null, 0, null));
        test.Nt.Release();
        Assert.Equal(STATUS_INVALID_PARAMETER, error.Status);
        Assert.Contains("IoStatus must not be null", error.Rule, StringComparison.Ordinal);
        Assert.True(Pages.IsDirty(test.File.State, 1));
    }

    [Fact]
    [Row(13)]
    public void The_reserved_flag_is_ignored_and_in_checked_mode_an_error()
    {
        using var test = Dirty();
        NtRules.Checked(() =>
        {
            var error = Assert.Throws<NtPreconditionException>(
                () => test.CallWhole(0, CC_FLUSH_AND_PURGE_GATHER_DIRTY_BITS));
            Assert.Contains("GATHER_DIRTY_BITS is reserved", error.Rule, StringComparison.Ordinal);
        });
        Assert.True(Pages.IsDirty(test.File.State, 1));

        CoherencyFixture.AssertIs(
            STATUS_SUCCESS, 4 * Pages.Bytes, test.CallWhole(0, CC_FLUSH_AND_PURGE_GATHER_DIRTY_BITS));
        Assert.False(Pages.IsResident(test.File.State, 1));
    }

    [Fact]
    [Row(14)]
    public void No_combination_of_flags_purges_without_flushing()
    {
        for (uint flags = 0; flags < 64; flags++)
        {
            using var test = Dirty();
            CoherencyFixture.AssertIs(STATUS_SUCCESS, 4 * Pages.Bytes, test.CallWhole(0, flags));
            Assert.Equal(Pages.Of(7), test.StorePage(1));
        }
    }

    [Fact]
    [Row(14)]
    public void Nothing_in_the_public_interface_purges_without_flushing()
    {
        string[] names =
        [
            .. new[] { typeof(ICoherentFile).Assembly, typeof(Ntifs).Assembly }
                .SelectMany(assembly => assembly.GetExportedTypes())
                .SelectMany(type => type.GetMethods().Where(method => method.DeclaringType == type))
                .Select(method => method.Name)
                .Where(name => name.Contains("Purge", StringComparison.Ordinal))
                .Where(name => !name.StartsWith("get_", StringComparison.Ordinal)
                    && !name.StartsWith("set_", StringComparison.Ordinal))
                .Distinct()
        ];

        // The original of Discard: another routine, which throws away what is dirty, and is documented so.
        Assert.Contains(nameof(CcPurgeCacheSection), names);
        Assert.All(names.Where(name => name != nameof(CcPurgeCacheSection)),
            name => Assert.Contains("Flush", name, StringComparison.Ordinal));
        Assert.Equal(["None", "NoPurge", "ViewsNotSeen"], Enum.GetNames<CoherencyOptions>());
    }

    [Theory]
    [InlineData(long.MaxValue, 1u)]
    [InlineData(long.MaxValue - 10, 11u)]
    [InlineData(-1L, 1u)]
    [InlineData(long.MinValue, 0u)]
    [Row(23)]
    public void A_range_that_overflows_is_an_invalid_parameter_and_nothing_happens(long offset, uint length)
    {
        using var test = Dirty();
        CoherencyFixture.AssertIs(STATUS_INVALID_PARAMETER, 0, test.Call(offset, length));
        Assert.True(Pages.IsDirty(test.File.State, 1));
        Assert.Empty(test.Store.Writes);
    }

    [Fact]
    [Row(15)]
    public void The_result_is_written_on_every_path()
    {
        using var test = Dirty();
        var nowhere = new NTSTATUS(0xDEADBEEF);
        IO_STATUS_BLOCK[] results =
        [
            CoherencyFixture.Raw(null, null, 0, 0),
            CoherencyFixture.Raw(test.Nt.SectionObjectPointer, null, 0, 0),
            test.Call(long.MaxValue, 1),
            test.Call(100L * Pages.Bytes, 1),
            test.CallWhole(),
            Failing(test),
            Closed(test),
        ];
        Assert.DoesNotContain(results, result => result.Status == nowhere || result.Information == 0xDEAD);
        Assert.Equal(
            [STATUS_INVALID_PARAMETER, STATUS_RESOURCE_NOT_OWNED, STATUS_INVALID_PARAMETER, STATUS_SUCCESS,
                STATUS_SUCCESS, STATUS_UNEXPECTED_IO_ERROR, STATUS_FILE_CLOSED],
            results.Select(result => result.Status));
    }

    private static IO_STATUS_BLOCK Failing(CoherencyFixture test)
    {
        test.WritePage(2, 9);
        test.Store.Fails = call => call.Kind == StoreCallKind.Write ? new IOException("planted") : null;
        var result = test.CallWhole();
        test.Store.Fails = static _ => null;
        return result;
    }

    private static IO_STATUS_BLOCK Closed(CoherencyFixture test)
    {
        // A data section that is there, of a handle that is not.
        using var second = test.Cache.Open(test.Store, leaveOpen: true);
        using var nt = NtFile.From(second);
        nt.AcquireExclusive();
        ((ExclusiveHold)nt.Held).Dispose();
        var result = CoherencyFixture.Raw(nt.SectionObjectPointer, null, 0, 0);
        nt.Release();
        return result;
    }

    private static CoherencyFixture Dirty()
    {
        var test = new CoherencyFixture(pages: 4);
        test.WritePage(1, 7);
        return test;
    }

    private delegate SECTION_OBJECT_POINTERS* PointersOf(CoherencyFixture test);

    private static void AssertRefused(NTSTATUS status, string rule, PointersOf pointers)
    {
        using var test = Dirty();
        AssertRefused(test, status, rule, pointers(test));
    }

    private static void AssertRefused(CoherencyFixture test, NTSTATUS status, string rule,
        SECTION_OBJECT_POINTERS* pointers)
    {
        test.Store.ForgetCalls();
        CoherencyFixture.AssertIs(status, 0, CoherencyFixture.Raw(pointers, null, 0, 0));
        NtRules.Checked(() =>
        {
            var error = Assert.Throws<NtPreconditionException>(() => CoherencyFixture.Raw(pointers, null, 0, 0));
            Assert.Equal(status, error.Status);
            Assert.Contains(rule, error.Rule, StringComparison.Ordinal);
            Assert.Contains(nameof(CcCoherencyFlushAndPurgeCache), error.Message, StringComparison.Ordinal);
        });
        Assert.Equal(0, test.Store.CallCount);
        Assert.True(Pages.IsDirty(test.File.State, 1));
    }
}
