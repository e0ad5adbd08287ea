namespace Concord.Tests.Packaging;

/// <summary>Another system that this machine can play: programs are published for it whole, with their .NET.</summary>
internal sealed class OtherSystem(LocalFeed feed, string runtime, Func<string, string[], string> run)
{
    private const string Wine = "/usr/lib/wine/wine64", Emulator = "/usr/bin/qemu-aarch64-static";
    private const string LibrariesForArm64 = "/usr/aarch64-linux-gnu";

    /// <summary>Windows x64, as far as Wine is it; or a skip.</summary>
    internal static OtherSystem Windows(LocalFeed feed)
    {
        Need(feed);
        // Debian has it there and not on the path.
        string? wine = File.Exists(Wine) ? Wine : File.Exists("/usr/bin/wine64") ? "/usr/bin/wine64" : null;
        Assert.SkipUnless(wine is not null, "Wine is not installed (Debian, Ubuntu: apt-get install wine64)");
        string home = feed.NewFolder("wine");
        return new OtherSystem(feed, "win-x64", (program, args) => feed.Run(
            Path.GetDirectoryName(program)!, "/usr/bin/timeout",
            [
                // Wine may hang where Windows would not: that is a failure, and no run that never ends.
                "--kill-after=5", "200", "/usr/bin/env",
                $"WINEPREFIX={home}", "WINEDEBUG=-all", "DOTNET_EnableWriteXorExecute=0",
                $"{RunArguments.PackagesVariable}=0", $"{RunArguments.ServersVariable}=0",
                $"{RunArguments.FullVariable}=0", $"{RunArguments.NoSkipsVariable}=0", wine!, program + ".exe", .. args,
            ]));
    }

    /// <summary>Linux on Arm64, as far as an emulator of the processor is it; or a skip.</summary>
    internal static OtherSystem LinuxArm64(LocalFeed feed)
    {
        Need(feed);
        Assert.SkipUnless(File.Exists(Emulator), "qemu-user-static is not installed");
        Assert.SkipUnless(Directory.Exists(LibrariesForArm64), "libc6-dev-arm64-cross is not installed");
        return new OtherSystem(feed, "linux-arm64", (program, args) => feed.Run(
            Path.GetDirectoryName(program)!, Emulator, ["-L", LibrariesForArm64, program, .. args]));
    }

    /// <summary>Publishes a project of the repository.</summary>
    /// <param name="project">Its folder.</param>
    /// <param name="program">The program's name.</param>
    /// <param name="output">Where to; elsewhere, if not given.</param>
    /// <returns>The program's path without its extension.</returns>
    internal string Publish(string project, string program, string? output = null)
    {
        output ??= feed.NewFolder($"{program} for {runtime}");
        LocalFeed.RunInRepository(
            "dotnet", "publish", project, "-c", "Release", "-r", runtime, "--self-contained", "-o", output,
            "--artifacts-path", feed.BuiltPath, "-p:ValidateExecutableReferencesMatchSelfContained=false");
        return Path.Combine(output, program);
    }

    /// <summary>Publishes somebody's program and returns its path without its extension.</summary>
    internal string Publish(StrangerProject project)
    {
        project.Dotnet("publish", "-c", "Release", "-r", runtime, "--self-contained", "-o", "out-" + runtime);
        return Path.Combine(project.Folder, "out-" + runtime, "stranger");
    }

    /// <summary>Runs a program there to its end, and returns what it said; it has to succeed.</summary>
    internal string Run(string program, params string[] args) => run(program, args).ReplaceLineEndings("\n");

    private static void Need(LocalFeed feed)
    {
        Assert.SkipUnless(TestRun.IsPackages, SkipPolicy.PackagesRun + "publishes programs for other systems");
        Assert.SkipUnless(feed.SkipReason is null, feed.SkipReason ?? "");
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "others are played on Linux");
        Assert.SkipUnless(
            System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture
                == System.Runtime.InteropServices.Architecture.X64,
            SkipPolicy.OtherProcessor + "others are played on x64");
    }
}
