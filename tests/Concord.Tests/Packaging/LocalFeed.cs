using System.Diagnostics;
using System.IO.Compression;

namespace Concord.Tests.Packaging;

/// <summary>
/// The packages, packed once for all tests into a folder, and folders from which strangers use them: what is ours comes
/// from there only, what is others' from what this machine's builds have fetched already.
/// </summary>
public sealed class LocalFeed : IDisposable
{
    private const string Tool = "Concord.Cli";

    private const string LocalSource = "local", MachineSource = "machine";

    private readonly string _root = Directory.CreateTempSubdirectory("concord-feed-").FullName;
    private readonly string _open = Directory.CreateTempSubdirectory("concord-open-").FullName;

    public LocalFeed()
    {
        string repository = Repository.Root;
        if (!CanWrite(repository)) SkipReason = "packing writes into the clone, which is another user's";
        if (SkipReason is not null) return;

        Pack(repository);
        File.WriteAllText(Path.Combine(_root, "nuget.config"), ClosedConfiguration());
        File.WriteAllText(Path.Combine(_open, "nuget.config"), OpenConfiguration());
    }

    /// <summary>The libraries among the packages.</summary>
    internal static IReadOnlyList<string> Libraries { get; } =
    [
        "Concord", "Concord.Nt", "Concord.Stores.AzureBlobs", "Concord.Stores.Http", "Concord.Stores.S3",
        "Concord.Testing", "Concord.BenchmarkDotNet",
    ];

    /// <summary>All packages.</summary>
    internal static IReadOnlyList<string> Packages { get; } = [.. Libraries, Tool];

    /// <summary>The version of all packages: that of the library's assembly.</summary>
    internal static string Version { get; } = typeof(ByteRange).Assembly.GetName().Version!.ToString(3);

    /// <summary>Why there is no feed here, or null.</summary>
    public string? SkipReason { get; }

    internal string FeedPath => Path.Combine(_root, "feed");

    /// <summary>
    /// Where builds of the repository for other runtimes leave what they make on the way: the clone's own build is for
    /// another kind of program.
    /// </summary>
    internal string BuiltPath => NewFolder("built");

    /// <summary>A new folder under the feed's own configuration.</summary>
    internal string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(_root, name)).FullName;

    /// <summary>
    /// A new folder whose configuration knows the sources of this machine's user too: for what publishes, since the
    /// packs that compile ahead of time may never have been fetched here.
    /// </summary>
    internal string NewOpenFolder(string name) => Directory.CreateDirectory(Path.Combine(_open, name)).FullName;

    /// <summary>Opens the package, or the symbols that belong to it.</summary>
    internal ZipArchive Open(string package, string kind = "nupkg") => ZipFile.OpenRead(PathOf(package, kind));

    /// <summary>Where a package, or the symbols that belong to it, lies.</summary>
    internal string PathOf(string package, string kind = "nupkg") =>
        Path.Combine(FeedPath, $"{package}.{Version}.{kind}");

    /// <summary>Installs the tool into a folder of its own and returns its program.</summary>
    internal string InstallTool(string folder)
    {
        Run(
            NewFolder(folder), "dotnet", "tool", "install", Tool, "--version", Version, "--tool-path", ".",
            "--configfile", Path.Combine(_root, "nuget.config"));
        return Path.Combine(_root, folder, OperatingSystem.IsWindows() ? "concord.exe" : "concord");
    }

    /// <summary>Runs a program with the package cache of this feed, and returns what it said.</summary>
    internal string Run(string directory, string program, params string[] args) =>
        Run(directory, Path.Combine(_root, "packages"), program, args);

    /// <summary>
    /// The same with the machine's own package cache: for what builds the repository, and uses no package of it.
    /// </summary>
    internal static string RunInRepository(string program, params string[] args) =>
        RunOutside(Repository.Root, program, args);

    /// <summary>Runs a program anywhere, with the machine's own package cache.</summary>
    internal static string RunOutside(string directory, string program, params string[] args) =>
        Run(directory, null, program, args);

    public void Dispose()
    {
        Directory.Delete(_root, recursive: true);
        Directory.Delete(_open, recursive: true);
    }

    private static string Run(string directory, string? packages, string program, string[] args)
    {
        var start = new ProcessStartInfo(program)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string arg in args) start.ArgumentList.Add(arg);
        if (packages is not null) start.Environment["NUGET_PACKAGES"] = packages;
        // A build server that outlives the command would keep its pipes, and this wait, open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["UseSharedCompilation"] = "false";
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        string all = $"{program} {string.Join(' ', args)}\n{output}\n{error.GetAwaiter().GetResult()}";
        Assert.True(process.ExitCode == 0, all);
        return output;
    }

    /// <summary>
    /// Packs all in one build. Compiling the tool ahead of time takes longest; the full run, which measures its start,
    /// does it. The libraries are compiled where packages are used as strangers use them.
    /// </summary>
    private void Pack(string repository)
    {
        string project = Path.Combine(_root, "pack.proj");
        var together = (TestRun.IsFull ? Libraries : Packages)
            .Select(name => Path.Combine(repository, "src", name, name + ".csproj"));
        string compiled = TestRun.IsFull || TestRun.IsPackages ? "" : "PackedRuntimes=any;";
        string properties =
            $"Configuration=Release;_IsPacking=true;ToolRuntimes=any;{compiled}PackageOutputPath={FeedPath}";
        File.WriteAllText(project, $"""
            <Project>
              <Target Name="PackAll">
                <ItemGroup><Packed Include="{string.Join(';', together)}" /></ItemGroup>
                <MSBuild Projects="@(Packed)" Targets="Pack" BuildInParallel="true" Properties="{properties}" />
              </Target>
            </Project>
            """);
        RunInRepository("dotnet", "msbuild", project, "-t:PackAll", "-nologo", "-v:q", "-m");
        if (!TestRun.IsFull) return;
        RunInRepository("dotnet", "pack", Path.Combine("src", Tool), "-c", "Release", "-o", FeedPath, "-v", "q");
    }

    private string ClosedConfiguration() => $"""
        <configuration>
          <packageSources>
            <clear/>
            {Sources()}
          </packageSources>
          <packageSourceMapping>
            <packageSource key="{LocalSource}">
              <package pattern="Concord"/><package pattern="Concord.*"/>
            </packageSource>
            <packageSource key="{MachineSource}"><package pattern="*"/></packageSource>
          </packageSourceMapping>
        </configuration>
        """;

    private string OpenConfiguration() => $"""
        <configuration>
          <packageSources>
            {Sources()}
          </packageSources>
        </configuration>
        """;

    private string Sources()
    {
        string machine = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        return $"""<add key="{LocalSource}" value="{FeedPath}"/><add key="{MachineSource}" value="{machine}"/>""";
    }

    private static bool CanWrite(string directory)
    {
        try
        {
            string probe = Path.Combine(directory, "artifacts", Path.GetRandomFileName());
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
