using System.Diagnostics;
using System.Net.Http.Headers;
using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Workloads;
using Concord.Stores.Http;

namespace Concord.Benchmarks.Goals;

/// <summary>P25: a file behind an address, in order and at random, against the same requests by hand.</summary>
internal sealed class RemoteReads : Goal
{
    private const string Concord = "Concord", ByHand = "HttpClient by hand";

    private const double BandwidthShareMin = 0.9, LatencyRatioMax = 1.2;

    private const int Latency = 20, BytesPerSecond = 100_000_000, InFlight = 16, Reads = 1_000, ReadBytes = 64 * 1024;

    private const long FileBytes = 16L << 30, InOrderBytes = 64L << 20;

    private const int PieceBytes = 1 << 20;

    private int _seed;

    public override string Name => "P25";

    public override string Title => "Read a file behind an address";

    public override string Target => $"in order ≥ {BandwidthShareMin} of one long answer's speed; {Reads:N0} reads of "
        + $"64 KiB with {InFlight} in flight ≤ {LatencyRatioMax} × latency × {Reads:N0} / {InFlight}";

    public override IEnumerable<string> Notes =>
    [
        $"The server is in this process, {Latency} ms away, behind a line of {BytesPerSecond / 1_000_000} MB/s that "
            + "all connections share. Concord reads through a FileCache over an HttpStore, with nothing cached "
            + "before. By hand: in order, one request for all the bytes; at random, a request for each read.",
    ];

    public override string? Missing(RunSettings settings) => null;

    public override IEnumerable<Comparison> Comparisons(RunSettings settings)
    {
        using var server = new SlowServer(FileBytes, TimeSpan.FromMilliseconds(Latency), BytesPerSecond);
        using var client = new HttpClient();
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 512 * Sizes.MiB });
        using var file = cache.Open(HttpStore.Open(server.Address));
        void Empty() => file.FlushAndPurge().ThrowIfIncomplete();
        yield return new Comparison(
            $"{InOrderBytes / Sizes.MiB} MiB in order",
            InOrderBytes,
            [
                new Rival(Concord, Empty, () => Time(1, () => ReadInOrderAsync(file))),
                new Rival(ByHand, static () => { }, () => Time(1, () => ReadInOrderAsync(client, server.Address))),
            ],
            Reference: ByHand,
            [new SpeedDemand(Concord, ByHand, BandwidthShareMin)])
        {
            SharesProcessors = true,
        };
        yield return new Comparison(
            $"{Reads:N0} reads of 64 KiB at random, {InFlight} in flight",
            ReadBytes,
            [
                new Rival(Concord, Empty, () => Time(Reads, () => ReadAtRandomAsync(
                    async (offset, buffer) => await file.ReadAsync(offset, buffer)))),
                new Rival(ByHand, static () => { }, () => Time(Reads, () => ReadAtRandomAsync(
                    (offset, buffer) => ReadPartAsync(client, server.Address, offset, buffer)))),
            ],
            Reference: ByHand,
            [new TimeDemand(Concord, LatencyRatioMax * Latency * 1e6 / InFlight)])
        {
            SharesProcessors = true,
        };
    }

    private static Slice Time(int operations, Func<Task> work)
    {
        long start = Stopwatch.GetTimestamp();
        work().GetAwaiter().GetResult();
        return new Slice(Stopwatch.GetElapsedTime(start).TotalNanoseconds / operations);
    }

    private static async Task ReadInOrderAsync(CachedFile file)
    {
        byte[] buffer = new byte[PieceBytes];
        for (long at = 0; at < InOrderBytes; at += buffer.Length)
        {
            if (await file.ReadAsync(at, buffer) != buffer.Length)
                throw new InvalidOperationException("the file ends too early");
        }
    }

    private static async Task ReadInOrderAsync(HttpClient client, Uri address)
    {
        byte[] buffer = new byte[PieceBytes];
        using HttpResponseMessage answer = await SendAsync(client, address, 0, InOrderBytes);
        using Stream body = await answer.Content.ReadAsStreamAsync();
        for (long rest = InOrderBytes; rest > 0; rest -= buffer.Length) await body.ReadExactlyAsync(buffer);
    }

    /// <summary>Reads other places each time, with so many reads under way.</summary>
    private Task ReadAtRandomAsync(Func<long, byte[], Task> read)
    {
        var random = new Random(Interlocked.Increment(ref _seed));
        long[] offsets =
            [.. Enumerable.Range(0, Reads).Select(_ => random.NextInt64(FileBytes / ReadBytes) * ReadBytes)];
        int next = -1;
        return Task.WhenAll(Enumerable.Range(0, InFlight).Select(async _ =>
        {
            byte[] buffer = new byte[ReadBytes];
            for (int i; (i = Interlocked.Increment(ref next)) < offsets.Length;) await read(offsets[i], buffer);
        }));
    }

    private static async Task ReadPartAsync(HttpClient client, Uri address, long offset, byte[] buffer)
    {
        using HttpResponseMessage answer = await SendAsync(client, address, offset, buffer.Length);
        using Stream body = await answer.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(buffer);
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, Uri address, long offset, long count)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Range = new RangeHeaderValue(offset, offset + count - 1);
        return client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
