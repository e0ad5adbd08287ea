using System.Diagnostics;
using System.Security.Cryptography;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;

namespace Concord.Tests.Stores.AzureBlobs;

/// <summary>
/// Azurite, which speaks as Azure's blob service does, with an account of the tests' own and everything in memory.
/// Started by the first test that needs it.
/// </summary>
public sealed class AzuriteServer : IDisposable
{
    private const string Account = "tester", Program = "azurite-blob", Listens = "listens on ";

    private readonly Lazy<Process> _process;
    private readonly TaskCompletionSource<Uri> _listens = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(64));
    private int _names;

    public AzuriteServer() => _process = new Lazy<Process>(Start);

    /// <summary>A container of its own, or a skip.</summary>
    internal BlobContainerClient MakeContainer()
    {
        Assert.SkipUnless(TestRun.IsServers, SkipPolicy.ServersRun + "starts azurite");
        Assert.SkipUnless(
            Paths().Any(File.Exists), $"{Program} is missing: install Node, and npm install --global azurite@3.37.0");
        Assert.False(_process.Value.HasExited, "azurite has ended");
        var address = new Uri(_listens.Task.WaitAsync(TimeSpan.FromMinutes(1)).GetAwaiter().GetResult(), Account);
        var service = new BlobServiceClient(address, Credential);
        var container = service.GetBlobContainerClient($"container{Interlocked.Increment(ref _names)}");
        container.Create();
        return container;
    }

    /// <summary>A new page blob without bytes, and how a store comes to it.</summary>
    internal (PageBlobClient Client, Func<BlobClientOptions, PageBlobClient> Connect) MakePages(
        BlobContainerClient container)
    {
        var client = container.GetPageBlobClient($"blob{Interlocked.Increment(ref _names)}");
        client.Create(0);
        return (client, options => new PageBlobClient(client.Uri, Credential, options));
    }

    public void Dispose()
    {
        if (!_process.IsValueCreated) return;
        _process.Value.Kill(entireProcessTree: true);
        _process.Value.WaitForExit();
        _process.Value.Dispose();
    }

    private StorageSharedKeyCredential Credential => new(Account, _key);

    private static IEnumerable<string> Paths() => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(static folder => Path.Combine(folder, Program));

    private Process Start()
    {
        var start = new ProcessStartInfo(Paths().First(File.Exists),
        [
            "--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence", "--disableTelemetry",
            "--skipApiVersionCheck",
        ])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["AZURITE_ACCOUNTS"] = $"{Account}:{_key}";
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) =>
        {
            int at = line.Data?.IndexOf(Listens, StringComparison.Ordinal) ?? -1;
            if (at >= 0) _listens.TrySetResult(new Uri(line.Data![(at + Listens.Length)..].Trim() + "/"));
        };
        process.BeginOutputReadLine();
        return process;
    }
}

/// <summary>The tests that share one server.</summary>
[CollectionDefinition(nameof(AzuriteCollection), DisableParallelization = true)]
public sealed class AzuriteCollection : ICollectionFixture<AzuriteServer>;
