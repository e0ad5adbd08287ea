using System.Runtime.InteropServices;

namespace Concord.Tests.Packaging;

/// <summary>
/// Each package in the hands of somebody who has nothing but the feed: a new project outside the repository refers to
/// it, is built, and its program does what the package is for.
/// </summary>
[Collection(nameof(FeedCollection))]
public sealed class StrangerTests(LocalFeed feed)
{
    private const string UseConcord = """
        byte[] bytes = new byte[4096];
        if (ProcessorCache.IsSupported) ProcessorCache.FlushAndInvalidate(bytes);
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, bytes);
        if (SystemFile.IsSupported)
        {
            using SystemFile file = SystemFile.Open(path);
            file.FlushAndPurge();
            Console.WriteLine(file.Query().Pages);
        }

        using (var cache = new FileCache())
        using (var file = cache.Open(new MemoryStore(bytes)))
        {
            file.Write(0, "in memory"u8);
            file.FlushAndPurge().ThrowIfIncomplete();
        }

        File.Delete(path);
        Console.WriteLine("Concord was used");
        """;

    private const string UseNt = """
        int length = 64;
        var memory = System.Runtime.InteropServices.Marshal.AllocHGlobal(length);
        unsafe
        {
            if (ProcessorCache.IsSupported) Concord.Nt.Ntddk.KeInvalidateRangeAllCaches((void*)memory, (uint)length);
        }

        System.Runtime.InteropServices.Marshal.FreeHGlobal(memory);
        Console.WriteLine("Concord.Nt was used");
        """;

    private const string UseTesting = """
        await new MemoryStoreTests().RunAsync(MemoryStoreTests.CheckNames.First());
        Console.WriteLine("Concord.Testing was used");

        sealed class MemoryStoreTests : Concord.Testing.StoreConformance
        {
            protected override BackingStore MakeEmpty() => new MemoryStore();
        }
        """;

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

    private static readonly Dictionary<string, string> Programs = new()
    {
        ["Concord"] = $"using Concord;\n{UseConcord}\n",
        ["Concord.Nt"] = $"using Concord;\n{UseNt}\n",
        ["Concord.Testing"] = $"using Concord;\n{UseTesting}\n",
    };

    [Fact]
    public void The_libraries_work_together_in_a_new_project()
    {
        Need();
        string folder = NewProject("together", Reference("Concord.Nt"), Reference("Concord.Testing"));
        File.WriteAllText(Path.Combine(folder, "Program.cs"), $"using Concord;\n{UseConcord}\n{UseNt}\n{UseTesting}\n");
        string said = feed.Run(folder, "dotnet", "run", "-c", "Release");
        Assert.All(Programs.Keys, name => Assert.Contains($"{name} was used", said, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Concord")]
    [InlineData("Concord.Nt")]
    [InlineData("Concord.Testing")]
    public void Each_library_works_alone_in_a_new_project(string package)
    {
        NeedTime();
        string folder = NewProject(package + ".alone");
        File.WriteAllText(Path.Combine(folder, "Program.cs"), Programs[package]);
        feed.Run(folder, "dotnet", "add", "package", package, "--version", LocalFeed.Version);
        string said = feed.Run(folder, "dotnet", "run", "-c", "Release");
        Assert.Contains($"{package} was used", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.14.0")]
    [InlineData("0.15.8")]
    public void Benchmarks_are_made_cold_in_every_mode_with_each_version_of_BenchmarkDotNet(string version)
    {
        NeedTime();
        Assert.SkipUnless(ProcessorCache.IsSupported, ProcessorCache.UnsupportedReason ?? "");
        string folder = NewProject(
            $"benchmarks-{version}", Reference("Concord.BenchmarkDotNet"), Reference("BenchmarkDotNet", version));
        File.WriteAllText(Path.Combine(folder, "Program.cs"), UseBenchmarkDotNet);
        string shared = Path.Combine(Repository.Root, "tests", "Concord.Tests", "BenchmarkDotNet");
        foreach (string file in (string[])["RunModes.cs", "RunModeBenchmarks.cs", "WatchedMemory.cs"])
            File.Copy(Path.Combine(shared, file), Path.Combine(folder, file));

        foreach (string where in (string[])["here", "in processes of their own"])
        {
            string said = feed.Run(folder, "dotnet", "run", "-c", "Release", "--", where);
            Assert.Contains($"BenchmarkDotNet {version}\n", said, StringComparison.Ordinal);
            Assert.Matches("[1-9][0-9]+ ran, 0 wrong", said);
        }
    }

    [Theory]
    [InlineData("for this machine")]
    [InlineData("self-contained")]
    [InlineData("ahead of time")]
    public void The_published_command_is_called_concord(string way)
    {
        NeedTime();
        string runtime = RuntimeInformation.RuntimeIdentifier, extension = OperatingSystem.IsWindows() ? ".exe" : "";
        string[] publish = way switch
        {
            "self-contained" => ["--self-contained", "-r", runtime],
            "ahead of time" => ["-p:PublishAot=true", "-p:CppCompilerAndLinker=gcc", "-r", runtime],
            _ => [],
        };
        if (way == "ahead of time") Nt.C.CCompiler.SkipWithout("gcc");
        string output = feed.NewFolder("published " + way);
        // Everything that is built on the way stays beside it: the clone's own build is for another kind of program.
        string[] folders = ["-o", output, "--artifacts-path", feed.NewFolder("built " + way)];
        LocalFeed.RunInRepository("dotnet", ["publish", "src/Concord.Cli", "-c", "Release", .. folders, .. publish]);

        string command = Path.Combine(output, "concord" + extension);
        Assert.StartsWith(LocalFeed.Version, feed.Run(output, command, "--version"), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(output, "Concord.Cli" + extension)));
        Assert.Equal(way == "ahead of time", Directory.GetFiles(output, "*.dll").Length == 0);
    }

    private static string Reference(string package, string? version = null) =>
        $"""<PackageReference Include="{package}" Version="{version ?? LocalFeed.Version}" />""";

    private string NewProject(string name, params string[] references)
    {
        string folder = feed.NewFolder(name);
        File.WriteAllText(Path.Combine(folder, "stranger.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <AllowUnsafeBlocks>true</AllowUnsafeBlocks>
              </PropertyGroup>
              <ItemGroup>{string.Concat(references)}</ItemGroup>
            </Project>
            """);
        return folder;
    }

    private void Need() => Assert.SkipUnless(feed.SkipReason is null, feed.SkipReason ?? "");

    private void NeedTime()
    {
        Assert.SkipUnless(TestRun.IsPackages, SkipPolicy.PackagesRun + "builds or publishes programs for a while");
        Need();
    }
}
