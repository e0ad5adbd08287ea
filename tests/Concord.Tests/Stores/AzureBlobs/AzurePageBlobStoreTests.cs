using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using Concord.Stores.AzureBlobs;
using Concord.Tests.Caching;

namespace Concord.Tests.Stores.AzureBlobs;

/// <summary>A page blob that is written in place: who may, what is kept of it, and what comes late.</summary>
[Collection(SideBySide.Stores)]
public sealed class AzurePageBlobStoreTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Random_reads_leases_and_views_show_the_blobs_bytes()
    {
        byte[] content = RemoteReading.NewContent();
        using var service = new BlobService([]);
        using (var writer = BlobClients.Open(service))
            writer.Write(0, [content.AsMemory(0, 333), content.AsMemory(333)]);
        await RemoteReading.CompareAsync(
            await AzurePageBlobStore.OpenAsync(BlobClients.To(service), cancellationToken: Token), content, Token);
    }

    [Fact]
    public void A_second_writer_is_refused_until_the_first_has_closed()
    {
        using var service = new BlobService([]);
        using (BlobClients.Open(service))
        {
            var error = Assert.Throws<IOException>(() => BlobClients.Open(service));
            Assert.Contains("has another writer", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("hidden", error.ToString(), StringComparison.Ordinal);
        }

        BlobClients.Open(service).Dispose();
    }

    [Fact]
    public void Who_has_lost_the_blob_is_refused_and_changes_nothing()
    {
        using var service = new BlobService([]);
        using var first = BlobClients.Open(service);
        first.Write(0, [new byte[1000]]);
        using var second = BlobClients.Open(service, BlobClients.Quick() with { TakesOver = true });
        byte[] written = Pages.Pattern(3000, seed: 1);
        second.Write(0, [written]);
        Assert.All(
            (Action[])[
                () => first.Write(0, [new byte[512]]), () => first.Write(700, [new byte[10]]),
                () => first.Write(900, [new byte[5000]]), () => first.SetLength(0), () => first.SetLength(4000),
            ],
            call => Assert.Contains(
                "taken by another writer", Assert.Throws<IOException>(call).Message, StringComparison.Ordinal));
        Assert.Equal(written, service.Content[..3000]);
        Assert.Equal(3000, second.GetLength());
        first.Dispose();
        second.Write(0, [new byte[10]]);
    }

    [Fact]
    public void A_lease_that_has_ended_is_taken_up_again_if_nobody_came()
    {
        using var service = new BlobService([]);
        using var store = BlobClients.Open(service);
        store.Write(0, [new byte[1024]]);
        service.LapseLease();
        byte[] written = Pages.Pattern(1024, seed: 2);
        store.Write(0, [written]);
        Assert.Equal(written, service.Content);
    }

    [Fact]
    public void The_lease_is_renewed_while_the_store_is_open()
    {
        var clock = new ManualClock();
        using var service = new BlobService([]);
        using (BlobClients.Open(service, BlobClients.Quick() with { TimeProvider = clock }))
        {
            int before = service.Asked.Count;
            clock.Fire();
            Patience.Await(() => service.Asked.Count > before);
            Assert.Equal("lease", service.Asked[^1]);
            Assert.Equal(TimeSpan.FromSeconds(20), clock.Period);
        }

        Assert.True(clock.IsStopped);
    }

    [Theory]
    [InlineData("page", 1024)]
    [InlineData("page", 1000)]
    [InlineData("properties", 2048)]
    [InlineData("metadata", 1500)]
    public void A_request_that_was_given_up_is_not_done_over_a_newer_one(string what, int bytes)
    {
        using var service = new BlobService([]);
        using var store = BlobClients.Open(service);
        store.Write(0, [new byte[1024]]);
        service.FaultOf = (_, asked) =>
        {
            if (asked != what) return BlobFault.None;
            service.FaultOf = static (_, _) => BlobFault.None;
            return BlobFault.Late;
        };

        // The first request of its kind hangs somewhere; the store does the same again.
        byte[] written = Pages.Pattern(bytes, seed: 3), newer = Pages.Pattern(bytes, seed: 4);
        store.Write(0, [written]);
        Assert.Equal(written, service.Content[..bytes]);
        store.Write(0, [newer]);
        store.SetLength(bytes + 5000);
        byte[] content = service.Content;
        Assert.Equal(0, service.DoLate());
        Assert.Equal(content, service.Content);
        store.Refresh();
        Assert.Equal(bytes + 5000, store.GetLength());
    }

    [Fact]
    public void What_was_cut_off_is_zeros_when_the_file_grows_again()
    {
        using var service = new BlobService([]);
        byte[] written = Pages.Pattern(2000, seed: 5);
        using (var store = BlobClients.Open(service))
        {
            store.Write(0, [written]);
            store.SetLength(700);
        }

        using var again = BlobClients.Open(service);
        Assert.Equal(700, again.GetLength());
        again.SetLength(900);
        again.Write(950, [new byte[] { 1 }]);
        byte[] got = new byte[1000];
        Assert.Equal(951, again.Read(0, got));
        Assert.Equal([.. written[..700], .. new byte[250], 1], got[..951]);
    }

    [Fact]
    public async Task Metadata_of_others_is_kept_and_whole_pages_need_none()
    {
        using var service = new BlobService([]);
        var client = new PageBlobClient(service.Address, Options(service));
        await client.SetMetadataAsync(
            new Dictionary<string, string> { ["owner"] = "me" }, cancellationToken: Token);
        using var store = BlobClients.Open(service);
        store.SetLength(4096);
        store.Write(4096, [new byte[8192]]);
        Assert.DoesNotContain("metadata", service.Asked.Skip(2));
        store.SetLength(5000);
        Assert.Equal("me", service.Metadata["owner"]);
        Assert.Equal("5000", service.Metadata["concord_length"]);
    }

    [Fact]
    public void A_length_that_others_have_changed_holds_as_it_is()
    {
        using var service = new BlobService([]);
        using var store = BlobClients.Open(service);
        store.SetLength(1000);
        service.Content = new byte[4096];
        store.Refresh();
        Assert.Equal(4096, store.GetLength());
    }

    [Fact]
    public void Long_writes_go_in_parts_that_the_service_takes()
    {
        using var service = new BlobService([]);
        using var store = BlobClients.Open(service);
        byte[] written = Pages.Pattern((9 << 20) + 77, seed: 6);
        store.Write(100, [written]);
        Assert.Equal(written, service.Content[100..(100 + written.Length)]);
        Assert.Equal(3, service.Asked.Count(static what => what == "page"));
    }

    [Fact]
    public void What_cannot_be_is_refused_at_once()
    {
        using var service = new BlobService([]);
        Assert.Throws<ArgumentNullException>(static () => AzurePageBlobStore.Open(null!));
        Assert.Throws<ArgumentException>("connect", () => AzurePageBlobStore.Open(
            _ => new PageBlobClient(service.Address, Options(service))));
        using (var store = BlobClients.Open(service))
        {
            Assert.Throws<IOException>(() => store.SetLength((8L << 40) + 1));
            Assert.Throws<IOException>(() => store.Write(8L << 40, [new byte[1]]));
            Assert.Throws<IOException>(() => store.Write(long.MaxValue, [new byte[1]]));
            Assert.Equal(0, store.GetLength());
        }

        using var blocks = new BlobService([], isPages: false);
        var error = Assert.Throws<IOException>(() => BlobClients.Open(blocks));
        Assert.Contains("no page blob", error.Message, StringComparison.Ordinal);
        var options = BlobClients.Quick();
        Assert.Throws<ArgumentOutOfRangeException>(() => options with { LeaseDuration = TimeSpan.FromSeconds(61) });
        Assert.Throws<ArgumentOutOfRangeException>(() => options with { LeaseDuration = TimeSpan.Zero });
        Assert.Throws<ArgumentOutOfRangeException>(() => options with { AnswerTimeout = TimeSpan.Zero });
        Assert.Throws<ArgumentOutOfRangeException>(() => options with { RetriesMax = -1 });
        Assert.Throws<ArgumentNullException>(() => options with { TimeProvider = null! });
    }

    private static BlobClientOptions Options(BlobService service) => new()
    {
        Transport = new Azure.Core.Pipeline.HttpClientTransport(new HttpClient(service, disposeHandler: false)),
    };

    /// <summary>A clock whose only timer fires when a test says so.</summary>
    private sealed class ManualClock : TimeProvider
    {
        private Action? _callback;

        internal TimeSpan Period { get; private set; }

        internal bool IsStopped { get; private set; }

        internal void Fire() => _callback!();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _callback = () => callback(state);
            Period = period;
            return new Timer(this);
        }

        private sealed class Timer(ManualClock clock) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose() => clock.IsStopped = true;

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
