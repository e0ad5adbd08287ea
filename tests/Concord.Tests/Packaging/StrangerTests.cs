using System.Runtime.InteropServices;

namespace Concord.Tests.Packaging;

/// <summary>
/// Each package in the hands of somebody who has nothing but the feed: a new project outside the repository refers to
/// it, is built, and its program does what the package is for.
/// </summary>
[Collection(nameof(FeedCollection))]
public sealed class StrangerTests(LocalFeed feed)
{
    private const string UseBenchmarkDotNet = """
        using BenchmarkDotNet.Toolchains.InProcess.Emit;
        using Concord.Tests.BenchmarkDotNet;

        bool isHere = args is ["here"];
        IReadOnlyList<string> wrong = RunModes.Run(isHere ? InProcessEmitToolchain.Instance : null, out int ran);
        foreach (string line in wrong) Console.WriteLine(line);
        var version = typeof(BenchmarkDotNet.Running.BenchmarkRunner).Assembly.GetName().Version!;
        Console.WriteLine($"BenchmarkDotNet {version.ToString(3)}");
        Console.WriteLine($"{ran} ran, {wrong.Count} wrong");
        """;

    [Fact]
    public void The_libraries_work_together_in_a_new_project()
    {
        Need();
        StrangerPrograms.AssertAllRan(
            StrangerProject.Make(
                feed, "together", StrangerProject.Reference("Concord.Nt"), StrangerProject.Reference("Concord.Testing"))
            .With("Program.cs", StrangerPrograms.All).Run());
    }

    [Theory]
    [InlineData("Concord")]
    [InlineData("Concord.Nt")]
    [InlineData("Concord.Testing")]
    [InlineData("Concord.Stores.AzureBlobs")]
    [InlineData("Concord.Stores.Http")]
    [InlineData("Concord.Stores.S3")]
    public void Each_library_works_alone_in_a_new_project(string package)
    {
        NeedTime();
        string? store = StrangerPrograms.OfStores.GetValueOrDefault(package);
        StrangerProject project = StrangerProject.Make(feed, package + ".alone")
            .With("Program.cs", store ?? StrangerPrograms.Alone[package]);
        project.Dotnet("add", "package", package, "--version", LocalFeed.Version);
        Assert.Contains($"{package} was used", project.Run(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.14.0")]
    [InlineData("0.15.8")]
    public void Benchmarks_are_made_cold_in_every_mode_with_each_version_of_BenchmarkDotNet(string version)
    {
        NeedTime();
        Assert.SkipUnless(ProcessorCache.IsSupported, ProcessorCache.UnsupportedReason ?? "");
        StrangerProject project = StrangerProject.Make(
            feed, $"benchmarks-{version}", StrangerProject.Reference("Concord.BenchmarkDotNet"),
            StrangerProject.Reference("BenchmarkDotNet", version)).With("Program.cs", UseBenchmarkDotNet);
        string shared = Path.Combine(Repository.Root, "tests", "Concord.Tests", "BenchmarkDotNet");
        foreach (string file in (string[])["RunModes.cs", "RunModeBenchmarks.cs", "WatchedMemory.cs"])
            File.Copy(Path.Combine(shared, file), Path.Combine(project.Folder, file));

        foreach (string where in (string[])["here", "in processes of their own"])
        {
            string said = project.Run("--", where);
            Assert.Contains($"BenchmarkDotNet {version}\n", said, StringComparison.Ordinal);
            Assert.Matches("[1-9][0-9]+ ran, 0 wrong", said);
        }
    }

    [Theory]
    [InlineData("for this machine")]
    [InlineData("self-contained")]
    public void The_published_command_is_called_concord(string way)
    {
        NeedTime();
        string runtime = RuntimeInformation.RuntimeIdentifier, extension = OperatingSystem.IsWindows() ? ".exe" : "";
        string[] publish = way == "self-contained" ? ["--self-contained", "-r", runtime] : [];
        string output = feed.NewFolder("published " + way);
        string[] folders = ["-o", output, "--artifacts-path", feed.BuiltPath];
        LocalFeed.RunInRepository("dotnet", ["publish", "src/Concord.Cli", "-c", "Release", .. folders, .. publish]);

        string command = Path.Combine(output, "concord" + extension);
        Assert.StartsWith(LocalFeed.Version, feed.Run(output, command, "--version"), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(output, "Concord.Cli" + extension)));
    }

    private void Need() => Assert.SkipUnless(feed.SkipReason is null, feed.SkipReason ?? "");

    private void NeedTime()
    {
        Assert.SkipUnless(TestRun.IsPackages, SkipPolicy.PackagesRun + "builds or publishes programs for a while");
        Need();
    }
}
