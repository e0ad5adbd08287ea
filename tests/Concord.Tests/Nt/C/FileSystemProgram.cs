using System.Diagnostics;

namespace Concord.Tests.Nt.C;

/// <summary>
/// The sample file system with a program that calls it at random and knows what may be left of it after the program was
/// killed: <c>FileSystem/main.c</c>. Each round is a process, which first looks what the one before has left.
/// </summary>
internal sealed class FileSystemProgram
{
    /// <summary>How it says that so many calls have been made.</summary>
    private const string Line = "+";

    private const int CallsPerLine = 8;

    /// <summary>A file system of Linux that is in memory.</summary>
    private const string Memory = "/dev/shm";

    private readonly NativePackage _package;
    private readonly string _program;
    private readonly (string Name, string Value)[] _environment;

    /// <summary>Compiles it.</summary>
    /// <param name="package">The library.</param>
    /// <param name="losesPower">Whether the disk loses power, instead of the process being killed.</param>
    /// <param name="sanitizer">A sanitizer of the compiler's, or null.</param>
    internal FileSystemProgram(NativePackage package, bool losesPower = false, string? sanitizer = null)
    {
        _package = package;
        string tests = Path.Combine(CCompiler.Programs, "FileSystem");
        string[] own = losesPower ? ["main.c", "disk.c"] : ["main.c"];
        _program = package.Compile("FileSystem/main.c", [
            "-I", Sample,
            .. Directory.GetFiles(tests, "*.c").Where(
                file => Path.GetFileName(file) != "main.c" && (losesPower || Path.GetFileName(file) != "lossydisk.c")),
            .. Directory.GetFiles(Sample, "*.c").Where(file => !own.Contains(Path.GetFileName(file))),
            .. losesPower ? ["-DLOSES_POWER"] : Array.Empty<string>(),
            .. sanitizer is null ? [] : new[] { $"-fsanitize={sanitizer}", "-fno-sanitize-recover=undefined", "-g" }]);
        string share = Path.Combine(package.Prefix, "share/concord");
        _environment =
        [
            ("LD_LIBRARY_PATH", Path.Combine(package.Prefix, "lib")),
            ("LSAN_OPTIONS", $"suppressions='{share}/lsan.supp'"),
            ("TSAN_OPTIONS", $"suppressions='{share}/tsan.supp'"),
        ];
    }

    /// <summary>The sample's folder.</summary>
    internal static string Sample { get; } = Path.Combine(Repository.Root, "samples/CFileSystem");

    /// <summary>
    /// Rounds on one image, each ended at a moment that the seed chooses, but for the last, which comes to its end.
    /// </summary>
    /// <returns>How many rounds were ended before they came to theirs.</returns>
    internal int Play(int seed, int threads, int rounds, int calls, bool losesPower = false)
    {
        var random = new Random(seed);
        string name = $"filesystem {Random.Shared.Next()}";

        // What is killed is a process: waiting for a disk would prove nothing.
        string folder = Directory.Exists(Memory)
            ? Directory.CreateDirectory(Path.Combine(Memory, $"concord {name}")).FullName
            : _package.NewFolder(name);
        int ended = 0;
        for (int round = 0; round < rounds; round++)
        {
            bool isLast = round == rounds - 1;
            var (code, said) = Run(
                [
                    Path.Combine(folder, "image"), Path.Combine(folder, "known"), $"{seed * 1000 + round}", $"{calls}",
                    $"{threads}", .. losesPower && !isLast ? [$"{random.Next(1, 2 * calls)}"] : Array.Empty<string>()
                ],
                isLast || losesPower ? int.MaxValue : random.Next(calls * threads / CallsPerLine));
            bool isDone = code == 0 && said.EndsWith("done\n", StringComparison.Ordinal);
            Assert.True(isDone || (!isLast && code == SignalsEnd),
                $"seed {seed}, round {round}, {threads} threads: ended with {code}:\n{said}");
            if (!isDone) ended++;
        }

        Directory.Delete(folder, recursive: true);
        return ended;
    }

    /// <summary>How a process ends that was killed.</summary>
    private const int SignalsEnd = 128 + 9;

    /// <summary>Runs it, and kills it when it has written so many lines.</summary>
    private (int Code, string Said) Run(string[] arguments, int lines)
    {
        var start = new ProcessStartInfo(_program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in _environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        string said = "";
        for (int seen = 0; process.StandardOutput.ReadLine() is { } line;)
        {
            if (line != Line) said += line + "\n";
            else if (++seen > lines) process.Kill();
        }

        process.WaitForExit();
        return (process.ExitCode, said + (process.ExitCode == 0 ? "" : errors.Result));
    }
}
