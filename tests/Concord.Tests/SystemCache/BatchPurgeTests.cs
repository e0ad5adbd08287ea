using System.Collections.Concurrent;
using Concord.SystemCache;

namespace Concord.Tests.SystemCache;

/// <summary>Many files of the system treated together.</summary>
public sealed class BatchPurgeTests
{
    private const int Length = 1 << 20;

    private static readonly object Disk = new(), OtherDisk = new();

    private readonly ConcurrentQueue<string> _trace = [];

    [Fact]
    public void Files_of_one_file_system_are_sent_then_made_durable_by_one_call_then_dropped()
    {
        var files = Make(count: 20, Disk);
        var batch = Run(files);
        Assert.All(batch, static file => Assert.Equal(CoherencyStatus.Success, file.Result!.Value.Status));
        Assert.All(batch, static file => Assert.Equal(Length, file.Result!.Value.BytesWritten));
        Assert.Equal(
            [.. Enumerable.Repeat("begin", 20), "sync", "write", .. Enumerable.Repeat("drop", 20)], _trace);

        // The barrier of one file flushes what the disk itself has cached.
        Assert.Single(files, static file => file.Calls.Contains("write"));
    }

    [Fact]
    public void Clean_files_are_made_durable_too()
    {
        var files = Make(count: 5, Disk);
        foreach (var file in files) file.Clean();
        Run(files);
        Assert.Equal(["sync", "write", .. Enumerable.Repeat("drop", 5)], _trace);
    }

    [Fact]
    public void Each_file_system_has_its_call_and_files_of_others_have_their_own_barriers()
    {
        FakePageCacheFile[] files = [.. Make(count: 3, Disk), .. Make(count: 3, OtherDisk), .. Make(3, volume: null)];
        Run(files);
        Assert.Equal(2, _trace.Count(static call => call == "sync"));
        Assert.Equal(2 + 3, _trace.Count(static call => call == "write"));
        Assert.All(files[6..], static file => Assert.Contains("write", file.Calls));
    }

    [Fact]
    public void A_single_file_of_a_file_system_has_its_own_barrier()
    {
        Run([.. Make(count: 1, Disk), .. Make(count: 1, OtherDisk)]);
        Assert.DoesNotContain("sync", _trace);
    }

    [Fact]
    public void Work_confined_to_the_files_never_syncs_the_file_system()
    {
        var files = Make(count: 20, Disk);
        Run(files, isConfined: true);
        Assert.DoesNotContain("sync", _trace);
        Assert.All(files, static file => Assert.Equal(["begin", "write", "drop"], file.Calls));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Where_the_file_system_tells_of_an_error_the_file_that_failed_is_named_and_not_dropped(int failing)
    {
        var files = Make(count: 6, Disk, volumeFails: true);
        files[failing].WritesFail = true;
        var batch = Run(files);
        for (int at = 0; at < files.Length; at++)
        {
            if (at == failing)
            {
                var error = Assert.IsType<WriteBackException>(batch[at].Error);
                Assert.Contains("the disk is gone", error.Message, StringComparison.Ordinal);
                Assert.DoesNotContain("drop", files[at].Calls);
                Assert.Null(batch[at].Result);
                continue;
            }

            Assert.Null(batch[at].Error);
            Assert.True(batch[at].Result!.Value.IsComplete);
            Assert.Contains("write", files[at].Calls);
        }
    }

    [Fact]
    public void An_error_that_only_the_last_barrier_tells_lets_no_other_file_pass_unproved()
    {
        var files = Make(count: 4, Disk);
        files[0].WritesFail = true;
        var batch = Run(files);
        Assert.IsType<WriteBackException>(batch[0].Error);
        Assert.DoesNotContain("drop", files[0].Calls);
        Assert.All(files[1..], static file => Assert.Equal(["begin", "write", "drop"], file.Calls));
    }

    [Fact]
    public void A_file_whose_write_back_failed_before_is_not_dropped_because_others_are_durable()
    {
        var files = Make(count: 4, Disk);
        files[2].FailedWriteBack = new IOException("told once");
        var batch = Run(files);
        var error = Assert.IsType<WriteBackException>(batch[2].Error);
        Assert.Contains("told once", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("drop", files[2].Calls);
        Assert.True(batch[3].Result!.Value.IsComplete);
    }

    [Fact]
    public void A_cancelled_batch_leaves_files_without_result_and_without_error()
    {
        using var source = new CancellationTokenSource();
        FakePageCacheFile[] files =
        [
            .. Enumerable.Range(0, 4).Select(_ => new FakePageCacheFile(Length)
            {
                On = Disk, Trace = _trace, OnPiece = source.Cancel,
            }),
        ];
        BatchedFile[] batch = [.. files.Select(static file => new BatchedFile(file))];
        Assert.ThrowsAny<OperationCanceledException>(
            () => BatchPurge.Run(batch, CoherencyOptions.None, isConfined: false, source.Token));
        Assert.All(batch, static file => Assert.Null(file.Result));
        Assert.All(batch, static file => Assert.Null(file.Error));
        Assert.DoesNotContain("drop", _trace);
    }

    [Fact]
    public void A_flush_drops_nothing()
    {
        Run(Make(count: 4, Disk), options: CoherencyOptions.NoPurge);
        Assert.DoesNotContain("drop", _trace);
        Assert.Contains("sync", _trace);
    }

    private FakePageCacheFile[] Make(int count, object? volume, bool volumeFails = false) =>
    [
        .. Enumerable.Range(0, count).Select(_ => new FakePageCacheFile(Length)
        {
            On = volume, Trace = _trace, VolumeFails = volumeFails,
        }),
    ];

    private static BatchedFile[] Run(
        FakePageCacheFile[] files, bool isConfined = false, CoherencyOptions options = CoherencyOptions.None)
    {
        BatchedFile[] batch = [.. files.Select(static file => new BatchedFile(file))];
        BatchPurge.Run(batch, options, isConfined, TestContext.Current.CancellationToken);
        return batch;
    }
}
