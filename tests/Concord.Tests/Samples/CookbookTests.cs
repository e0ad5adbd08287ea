using System.Diagnostics;
using System.Security.Cryptography;
using Concord.Testing;
using Concord.Tests.Caching.Views;
using Concord.Tests.Stores;
using Cookbook;

namespace Concord.Tests.Samples;

/// <summary>Each recipe of the cookbook runs, finds what it says it finds, is short, and stands on its page.</summary>
[Collection(SideBySide.Children)]
public sealed class CookbookTests
{
    private const int LinesMax = 60;

    /// <summary>The name of a recipe, the file that it is read from, and a part of what it prints.</summary>
    public static TheoryData<string, string, string> Recipes => new()
    {
        { "key-value-log", "KeyValueLog", "records were acknowledged" },
        { "range-server", "RangeServing", "bytes were served" },
        { "http-store", "RemoteArchive", "entry 42 of 100" },
        { "archives", "Archives", "zip, tar and LiteDB" },
        { "encrypted-store", "EncryptedImage", "and the text is not" },
        { "native-view", "NativeView", "memchr went through 16 MiB" },
        { "cold-benchmark", "ColdBenchmark", "cold" },
        { "index-reader", "IndexReader", "searches by 4 threads" },
        { "live-backup", "LiveBackup", "the sum is right" },
        { "direct-sharing", "DirectSharing", "three times" },
    };

    [Theory]
    [MemberData(nameof(Recipes))]
    public async Task A_recipe_runs_and_shows_what_it_promises(string name, string file, string shown)
    {
        if (name == "native-view")
        {
            // The recipe is a process of its own; here is only asked whether it can have views.
            using (new ViewFixture(new byte[1]))
            {
            }
        }

        string program = Path.Combine(AppContext.BaseDirectory, "Cookbook");
        var start = new ProcessStartInfo(OperatingSystem.IsWindows() ? program + ".exe" : program, [name])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var recipe = Process.Start(start)!;
        var errors = recipe.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await recipe.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await recipe.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(recipe.ExitCode == 0, output + await errors);
        Assert.StartsWith($"{name}:", output, StringComparison.Ordinal);
        Assert.Contains(shown, output, StringComparison.Ordinal);

        // One reads it from top to bottom, and finds it from its page.
        string path = $"samples/Cookbook/{file}.cs";
        Assert.InRange(File.ReadLines(Path.Combine(Repository.Root, path)).Count(), 1, LinesMax);
        Assert.Contains($"(../{path})", Page, StringComparison.Ordinal);
        Assert.Contains($"`{name}`", Page, StringComparison.Ordinal);
    }

    private static string Page => File.ReadAllText(Path.Combine(Repository.Root, "docs/cookbook.md"));
}

/// <summary>The store of the cookbook that encrypts keeps its promises, in a file of a cache.</summary>
[Collection(SideBySide.Stores)]
public sealed class EncryptedStoreConformance : ConformingStore, IDisposable
{
    private readonly FileCache _cache = new(new FileCacheOptions { CapacityBytes = 64 << 20 });

    protected override long? FixedLength => 100_003;

    public void Dispose() => _cache.Dispose();

    protected override BackingStore MakeEmpty() => new EncryptedStore(
        _cache.Open(new MemoryStore()), RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(32),
        FixedLength!.Value);
}

/// <summary>So does the one that reads from a server.</summary>
[Collection(SideBySide.Stores)]
public sealed class HttpStoreConformance : ReadOnlyStoreConformance, IDisposable
{
    private static readonly byte[] Bytes = Caching.Pages.Pattern(300_007, 3);

    private readonly FileCache _cache = new(new FileCacheOptions { CapacityBytes = 1 << 20 });
    private readonly CachedFile _file;
    private readonly RangeServer _server;
    private readonly HttpClient _client = new();

    public HttpStoreConformance()
    {
        _file = _cache.Open(new MemoryStore(Bytes));
        _server = new RangeServer(_file);
    }

    public static IEnumerable<object[]> Names => CheckNames.Select(name => new object[] { name });

    protected override ReadOnlyMemory<byte> Content => Bytes;

    [Theory]
    [MemberData(nameof(Names))]
    public Task The_store_keeps_its_promises(string check) => RunAsync(check);

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
        _cache.Dispose();
    }

    protected override BackingStore Open() => new HttpStore(_client, _server.Address);

    protected override BackingStore? OpenAgain(BackingStore store) => Open();
}
