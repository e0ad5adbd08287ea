using System.Diagnostics;

namespace Concord.Tests.Packaging;

/// <summary>The packages, packed once for all tests into a folder that is the only feed there is.</summary>
public sealed class LocalFeed : IDisposable
{
    private static readonly string[] Projects = ["Concord", "Concord.Nt", "Concord.BenchmarkDotNet", "Concord.Cli"];

    private readonly string _root = Directory.CreateTempSubdirectory("concord-feed-").FullName;

    public LocalFeed()
    {
        string repository = Repository.Root;
        if (!CanWrite(repository)) SkipReason = "packing writes into the clone, which is another user's";
        if (SkipReason is not null) return;

        // Compiling the tool ahead of time takes most of the packing; the full run, which measures its start, does it.
        string[] runtimes = TestRun.IsFull ? [] : ["-p:ToolRuntimes=any"];
        foreach (string project in Projects)
        {
            Run(
                repository,
                "dotnet",
                ["pack", Path.Combine("src", project), "-c", "Release", "-o", FeedPath, "-v", "q", .. runtimes]);
        }

        File.WriteAllText(
            Path.Combine(_root, "nuget.config"),
            $"""<configuration><packageSources><clear/><add key="local" value="{FeedPath}"/></packageSources></configuration>""");
    }

    /// <summary>The version of all packages: that of the library's assembly.</summary>
    internal static string Version { get; } = typeof(ByteRange).Assembly.GetName().Version!.ToString(3);

    /// <summary>Why there is no feed here, or null.</summary>
    public string? SkipReason { get; }

    internal string FeedPath => Path.Combine(_root, "feed");

    /// <summary>A new folder under the feed's own configuration.</summary>
    internal string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(_root, name)).FullName;

    /// <summary>Installs the tool into a folder of its own and returns its program.</summary>
    internal string InstallTool(string folder)
    {
        Run(
            NewFolder(folder), "dotnet", "tool", "install", "Concord.Cli", "--version", Version, "--tool-path", ".",
            "--configfile", Path.Combine(_root, "nuget.config"));
        return Path.Combine(_root, folder, OperatingSystem.IsWindows() ? "concord.exe" : "concord");
    }

    /// <summary>Runs a program with the package cache of this feed, and returns what it said.</summary>
    internal string Run(string directory, string program, params string[] args)
    {
        var start = new ProcessStartInfo(program)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string arg in args) start.ArgumentList.Add(arg);
        // Packing and publishing restore from the machine's own cache; using the packages must not find them there.
        if (args[0] is not ("pack" or "publish")) start.Environment["NUGET_PACKAGES"] = Path.Combine(_root, "packages");
        // A build server that outlives the command would keep its pipes, and this wait, open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["UseSharedCompilation"] = "false";
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', args)}\n{output}\n{error.GetAwaiter().GetResult()}");
        return output;
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

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
