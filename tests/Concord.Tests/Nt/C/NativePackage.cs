using System.Diagnostics;

namespace Concord.Tests.Nt.C;

/// <summary>
/// The tarball for C, built once for all tests and unpacked into an empty folder whose name has a space. What runs here
/// runs without .NET: with no environment but a PATH on which there is none.
/// </summary>
public sealed class NativePackage : IDisposable
{
    private const string PathWithoutDotnet = "/usr/bin:/bin";

    private readonly string _root = Directory.CreateTempSubdirectory("concord native ").FullName;
    private readonly Lazy<string> _unpacked;

    public NativePackage() => _unpacked = new Lazy<string>(() => Pack("linux-x64"));

    /// <summary>The unpacked tarball's folder.</summary>
    internal string Prefix => _unpacked.Value;

    /// <summary>The tarball itself.</summary>
    internal string Tarball => Path.Combine(
        NewFolder("packed linux-x64"), Path.GetFileName(Path.TrimEndingDirectorySeparator(Prefix)) + ".tar.gz");

    internal string Library => Path.Combine(Prefix, "lib", "libconcord.so.0");

    /// <summary>Skips a test where the tarball is not to be built, or a tool is missing.</summary>
    internal static void Need(params string[] tools)
    {
        Assert.SkipUnless(
            TestRun.IsPackages, SkipPolicy.PackagesRun + "compiles the library ahead of time, which takes a minute");
        CCompiler.SkipWithout(["gcc", "pkg-config", .. tools]);
    }

    /// <summary>A new folder, in whose path there is a space.</summary>
    internal string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(_root, name)).FullName;

    /// <summary>Compiles a C program of these tests as its author would: by pkg-config.</summary>
    internal string Compile(string program, params string[] arguments) => CompileAgainst(Prefix, program, arguments);

    internal string CompileAgainst(string prefix, string program, params string[] arguments)
    {
        string name = Path.GetFileNameWithoutExtension(program) + Random.Shared.Next();
        string output = Path.Combine(NewFolder("programs"), name);
        string source = Path.Combine(CCompiler.Programs, program);

        // By a shell, which is who reads what pkg-config quotes.
        Run("sh", [
            "-c",
            "source=$1; output=$2; shift 2; "
            + "eval \"set -- \\\"\\$@\\\" $(pkg-config --cflags --libs concord)\"; "
            + "exec gcc -std=gnu11 -O2 -Wall -Wextra -Werror \"$source\" \"$@\" -o \"$output\" -ldl -lpthread",
            "sh", source, output, .. arguments], ("PKG_CONFIG_PATH", Path.Combine(prefix, "lib/pkgconfig")));
        return output;
    }

    /// <summary>Runs a program that finds the library here, and returns what it printed; it has to succeed.</summary>
    internal string RunHere(string program, params string[] arguments) =>
        Run(program, arguments, ("LD_LIBRARY_PATH", Path.Combine(Prefix, "lib")));

    /// <summary>Runs a program without .NET, and returns what it printed; it has to succeed.</summary>
    internal static string Run(
        string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        var (code, output) = TryRun(program, arguments, environment);
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)} ended with {code}:\n{output}");
        return output;
    }

    internal static (int Code, string Output) TryRun(
        string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("/usr/bin/env")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add("-i");
        start.ArgumentList.Add($"PATH={PathWithoutDotnet}");
        foreach (var (name, value) in environment) start.ArgumentList.Add($"{name}={value}");
        start.ArgumentList.Add(program);
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    /// <summary>Packs the library for a runtime, as the release does, and unpacks it.</summary>
    internal string Pack(string runtime)
    {
        string[] printed = RunDotnet(
            "sh", Path.Combine(CCompiler.Sources, "pack.sh"), NewFolder($"packed {runtime}"), runtime)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string tarball = printed[^1], empty = NewFolder($"unpacked {runtime}");
        Run("tar", ["-C", empty, "-xzf", tarball]);
        return Directory.GetDirectories(empty).Single();
    }

    /// <summary>Runs a command that runs dotnet, which leaves no process behind.</summary>
    internal static string RunDotnet(string program, params string[] arguments) => CCompiler.Run(
        program, arguments,
        ("MSBUILDDISABLENODEREUSE", "1"), ("DOTNET_CLI_USE_MSBUILD_SERVER", "0"), ("UseSharedCompilation", "false"));
}
