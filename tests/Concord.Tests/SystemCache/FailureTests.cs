namespace Concord.Tests.SystemCache;

/// <summary>Failed writes, cancelled operations, and what nobody here can know.</summary>
public sealed class FailureTests
{
    private const long Length = 1L << 30;

    [Fact]
    public void After_a_failed_write_nothing_is_dropped_then_or_later()
    {
        FakePageCacheFile fake = new(Length) { WritesFail = true };
        using SystemFile file = new("fake", fake);
        var error = Assert.Throws<WriteBackException>(() => file.FlushAndPurge());
        Assert.Equal((0L, 0L), (error.Result.BytesInStore, error.Result.PagesPurged));
        Assert.Equal(new ByteRange(0, Length), Assert.Single(error.Result.Left).Range);
        Assert.Equal(5, error.HResult);
        fake.WritesFail = false;
        Assert.Throws<WriteBackException>(() => file.FlushAndPurge());
        Assert.Throws<WriteBackException>(() => file.Flush());
        Assert.DoesNotContain("drop", fake.Calls);
    }

    [Fact]
    public void Where_a_server_has_the_file_a_purge_does_not_claim_that_the_next_read_comes_from_its_disk()
    {
        using SystemFile file = new("fake", new FakePageCacheFile(Length) { ServedBy = "a server has it" });
        var result = file.FlushAndPurge();
        Assert.Equal(CoherencyStatus.Unknown, result.Status);
        Assert.Contains("a server has it", Assert.Single(result.Left).Holder, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_that_fails_is_reported_and_the_pages_stay()
    {
        using FailingDisk disk = FailingDisk.Make();
        byte[] contents = Place.Contents(FailingDisk.PagesTooMany);
        string path = Path.Combine(disk.Directory, "file");
        File.WriteAllBytes(path, contents);
        using SystemFile file = SystemFile.Open(path);

        var error = Assert.Throws<WriteBackException>(() => file.FlushAndPurge());

        Assert.Equal(0, error.Result.BytesInStore);
        Assert.Equal(contents, File.ReadAllBytes(path));
        Assert.Throws<WriteBackException>(() => file.FlushAndPurge());
        Assert.Equal(contents, File.ReadAllBytes(path));
    }

    [Fact]
    public void The_steps_are_taken_in_order()
    {
        FakePageCacheFile fake = new(Length);
        using SystemFile file = new("fake", fake);
        Assert.Equal(CoherencyStatus.Success, file.FlushAndPurge().Status);
        Assert.Equal(["write", "drop"], fake.Calls);
    }

    [Fact]
    public async Task Cancelling_stops_between_pieces_and_drops_nothing()
    {
        using CancellationTokenSource source = new();
        int pieces = 0;
        FakePageCacheFile fake = new(Length)
        {
            OnPiece = () =>
            {
                if (++pieces == 3) source.Cancel();
            },
        };
        using SystemFile file = new("fake", fake);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await file.FlushAndPurgeAsync(new ByteRange(0, Length), CoherencyOptions.None, source.Token));
        Assert.Equal(["piece", "piece", "piece"], fake.Calls);
    }

    [Fact]
    public void Cancelling_stops_a_load_between_pieces()
    {
        using CancellationTokenSource source = new();
        FakePageCacheFile fake = new(Length) { OnPiece = source.Cancel };
        using SystemFile file = new("fake", fake);
        file.FlushAndPurge();
        Assert.Throws<OperationCanceledException>(() => file.Load(source.Token));
    }

    [Fact]
    public async Task The_asynchronous_form_does_the_same()
    {
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(300);
        using SystemFile file = SystemFile.Open(path);
        ByteRange range = new(0, 300L * Environment.SystemPageSize);
        CoherencyResult result = await file.FlushAndPurgeAsync(
            range, CoherencyOptions.None, TestContext.Current.CancellationToken);
        Assert.Equal((CoherencyStatus.Success, range.Length, 300L),
            (result.Status, result.BytesInStore, result.PagesPurged));
        Assert.Equal(0, KernelView.Resident(path));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await file.FlushAndPurgeAsync(
                range, CoherencyOptions.None, new CancellationToken(canceled: true)));
    }
}
