namespace Concord.Tests.Stores.AzureBlobs;

/// <summary>What a program does with a cached page blob, step by step, whatever the service does meanwhile.</summary>
internal sealed class PageBlobScript(BlobService service) : IDisposable
{
    private const int BytesMax = 20_000;

    private readonly FileCache _cache = new(new FileCacheOptions
    {
        CapacityBytes = 1 << 20,
        LazyWriterInterval = TimeSpan.Zero,
    });

    private CachedFile? _file;

    internal ExpectedBytes Expected { get; } = new(BytesMax);

    /// <summary>How many calls failed.</summary>
    internal int Failures { get; private set; }

    /// <summary>Opens the blob and does everything.</summary>
    /// <param name="between">Done after each step.</param>
    internal void Run(Action between)
    {
        try
        {
            _file = _cache.Open(BlobClients.Open(service));
        }
        catch (IOException)
        {
            Failures++;
            return;
        }

        Action[] steps =
        [
            () => Write(0, 1000, 1), Flush, () => Write(700, 3000, 2), Flush, () => SetLength(2000),
            () => Write(5000, 123, 3), Flush, () => Write(100, 50, 4), () => SetLength(4096), Purge,
            () => WriteUncached(300, 100, 5), () => Write(9000, 4096, 6), Purge, () => SetLength(513),
            () => Write(600, 7, 7), Flush,
        ];
        foreach (var step in steps)
        {
            step();
            between();
        }
    }

    /// <summary>The service is well again: everything can be flushed, and is what it should be.</summary>
    internal void CheckAll(string when)
    {
        if (_file is null) return;
        for (int i = 0; i < 3 && !TryFlush(CoherencyOptions.None); i++)
        {
            // The first flush after a failure tells it.
        }

        byte[] got = new byte[BytesMax];
        int count = _file.Read(0, got);
        Assert.Equal(_file.Length, count);
        Expected.CheckSeen(got[..count], when);
        Assert.True(_file.FlushAndPurge().IsComplete, when);
        byte[] again = new byte[BytesMax];
        Assert.Equal(count, _file.Read(0, again));
        Assert.True(got.AsSpan().SequenceEqual(again), $"{when}: a purge changed what is read");
    }

    public void Dispose()
    {
        _file?.Dispose();
        foreach (var failed in _cache.FailedFiles) failed.Discard();
        _cache.Dispose();
    }

    private void Write(int offset, int count, byte value) => Do(
        file => file.Write(offset, Bytes(count, value)),
        isCertain => Expected.Write(offset, count, value, isCertain));

    private void WriteUncached(int offset, int count, byte value)
    {
        Do(file => file.WriteUncached(offset, Bytes(count, value)),
            isCertain => Expected.Write(offset, count, value, isCertain));
    }

    private void SetLength(int length) =>
        Do(file => file.SetLength(length), isCertain => Expected.SetLength(length, isCertain));

    private void Flush() => TryFlush(CoherencyOptions.NoPurge);

    private void Purge() => TryFlush(CoherencyOptions.None);

    private bool TryFlush(CoherencyOptions options)
    {
        try
        {
            if (_file!.FlushAndPurge(options).IsComplete) Expected.Flush();
            return true;
        }
        catch (IOException)
        {
            Failures++;
            return false;
        }
    }

    private void Do(Action<CachedFile> call, Action<bool> note)
    {
        try
        {
            call(_file!);
            note(true);
        }
        catch (IOException)
        {
            Failures++;
            note(false);
        }
    }

    private static byte[] Bytes(int count, byte value)
    {
        byte[] bytes = new byte[count];
        bytes.AsSpan().Fill(value);
        return bytes;
    }
}
