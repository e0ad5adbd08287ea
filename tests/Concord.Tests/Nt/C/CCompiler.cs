using System.Diagnostics;

namespace Concord.Tests.Nt.C;

/// <summary>
/// The machine's C and C++ compilers, on the headers and the C of libconcord.so. Programs are compiled together with
/// that C and with a start of .NET (host.c), so that no test has to compile .NET ahead of time.
/// </summary>
internal sealed class CCompiler : IDisposable
{
    private static readonly string[] Strict = ["-O2", "-Wall", "-Wextra", "-Werror", "-pedantic"];

    private readonly string _folder = Directory.CreateTempSubdirectory("concord-c-").FullName;

    /// <summary>The sources of libconcord.so: headers in include, C in src.</summary>
    public static string Sources { get; } = Path.Combine(Repository.Root, "src/Concord.Native");

    /// <summary>The C programs of these tests.</summary>
    public static string Programs { get; } = Path.Combine(Repository.Root, "tests/Concord.Tests/Nt/C");

    /// <summary>
    /// Where Concord.Nt.dll lies with what .NET needs beside it: here, not where it was built, since other tests of
    /// this run build it there again.
    /// </summary>
    public static string Home { get; } = AppContext.BaseDirectory;

    /// <summary>Skips the test where it cannot compile, with the reason.</summary>
    public static void SkipWithout(params string[] tools)
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "the tests compile C with the tools of Linux");
        foreach (string tool in tools)
            Assert.SkipWhen(
                Find(tool) is null, $"{tool} is not installed (Debian, Ubuntu: apt-get install gcc g++ pkg-config)");
    }

    /// <summary>Compiles a program of these tests together with that C; any warning is an error.</summary>
    /// <param name="program">The file's name.</param>
    /// <param name="arguments">Further arguments of the compiler.</param>
    /// <returns>The program's path.</returns>
    public string Compile(string program, params string[] arguments) => CompileWith(
        program, [$"{Sources}/src/concord.c", $"{Sources}/src/gate.c", $"{Programs}/host.c"], arguments);

    /// <summary>Compiles a program of these tests together with other C; any warning is an error.</summary>
    /// <param name="program">The file's name.</param>
    /// <param name="sources">The other C, by its paths.</param>
    /// <param name="arguments">Further arguments of the compiler.</param>
    /// <returns>The program's path.</returns>
    public string CompileWith(string program, string[] sources, params string[] arguments)
    {
        string output = Path.Combine(_folder, Path.GetFileNameWithoutExtension(program));
        Run("gcc", [
            "-std=gnu11", .. Strict, $"-I{Sources}/include", $"-I{Sources}/src", .. arguments,
            Path.Combine(Programs, program), .. sources, "-o", output, "-ldl", "-lpthread"]);
        return output;
    }

    /// <summary>Compiles text without linking it, to see that it compiles.</summary>
    public void Check(string compiler, string standard, string text)
    {
        string file = Path.Combine(_folder, "check" + (compiler == "g++" ? ".cpp" : ".c"));
        File.WriteAllText(file, text);
        Run(compiler, [standard, .. Strict, $"-I{Sources}/include", "-c", file, "-o", file + ".o"]);
    }

    /// <summary>Runs a program to its end, and gives what it printed; it has to succeed.</summary>
    public static string Run(string program, string[] arguments, params (string Name, string? Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}:\n{output}{errors.Result}");
        return output;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string? Find(string tool) =>
        Environment.GetEnvironmentVariable("PATH")?.Split(':').Select(folder => Path.Combine(folder, tool))
            .FirstOrDefault(File.Exists);
}
