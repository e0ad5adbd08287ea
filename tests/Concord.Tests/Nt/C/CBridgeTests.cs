using System.Globalization;
using Concord.Tests.Stores;

namespace Concord.Tests.Nt.C;

/// <summary>
/// The routines from C: headers that compile everywhere, a start that tells what is missing, errors that are never
/// thrown.
/// </summary>
[Collection(SideBySide.Children)]
public sealed class CBridgeTests
{
    private static readonly string[] Headers = ["concord.h", "ntifs.h", "ntddk.h", "fltKernel.h"];

    /// <summary>
    /// Less than the least that could be left behind: a block of the C library, or an object with a reference.
    /// </summary>
    private const double BytesLeftMax = 64;

    public static TheoryData<string, string> Standards => new()
    {
        { "gcc", "-std=c99" }, { "gcc", "-std=c11" }, { "gcc", "-std=gnu17" }, { "g++", "-std=c++11" }, { "g++",
            "-std=c++20" },
    };

    [Theory]
    [MemberData(nameof(Standards))]
    public void Every_header_compiles_alone_and_with_the_others_without_a_warning(string compiler, string standard)
    {
        CCompiler.SkipWithout(compiler);
        using var c = new CCompiler();
        foreach (string header in Headers) c.Check(compiler, standard, $"#include <{header}>\nint one;\n");
        c.Check(compiler, standard, string.Concat(Headers.Select(header => $"#include <{header}>\n")) + """
            NTSTATUS flushed(PFILE_OBJECT file) {
              IO_STATUS_BLOCK status;
              LARGE_INTEGER offset;
              offset.QuadPart = 4096;
              offset.LowPart += offset.u.LowPart;
              CcCoherencyFlushAndPurgeCache(
                file->SectionObjectPointer, &offset, 4096, &status, CC_FLUSH_AND_PURGE_NO_PURGE);
              if (ConcordOutcome(&status) == ConcordFlushedNotInvalidated) return STATUS_PURGE_FAILED;
              return NT_SUCCESS(status.Status) ? status.Status : STATUS_SUCCESS;
            }

            """);
    }

    [Fact]
    public void Every_mistake_has_an_answer_and_none_is_thrown()
    {
        CCompiler.SkipWithout("gcc");
        using var c = new CCompiler();
        string file = Path.GetTempFileName();
        try
        {
            string[] lines = CCompiler.Run(c.Compile("first.c"), [file], ("CONCORD_HOME", CCompiler.Home)).Split('\n');
            string[] start = lines[0].Split(' ');
            Assert.Equal(["start", "00000000", "-"], [start[0], start[1], start[3]]);
            Figures.Record("C", "starting .NET and Concord from C", $"{start[2]} s", "about 0.1 s");
            string call = lines.Single(line => line.StartsWith("call ", StringComparison.Ordinal))[5..];
            Figures.Record("C", "a call from C to C# and back", $"{call} ns", "about 25 ns");
            Assert.InRange(double.Parse(call, CultureInfo.InvariantCulture), 0, 10_000);
            Assert.Collection(
                lines.Skip(1).Where(line => line.Length > 0 && !line.StartsWith("call", StringComparison.Ordinal)),
                line => Assert.StartsWith("absent c0000034 1 Could not find", line, StringComparison.Ordinal),
                line => Assert.StartsWith("no handle c000000d FileObject is NULL", line, StringComparison.Ordinal),
                line => Assert.Equal("open 00000000 -", line),
                line => Assert.StartsWith("not held c0000264 0 CcCoherencyFlushAndPurgeCache: failed: "
                    + "STATUS_RESOURCE_NOT_OWNED", line, StringComparison.Ordinal),
                line => Assert.StartsWith("no stream c000000d", line, StringComparison.Ordinal),
                line => Assert.Contains("IoStatus", line, StringComparison.Ordinal),
                line => Assert.StartsWith("release c0000264 this thread has not acquired", line,
                    StringComparison.Ordinal),
                line => Assert.StartsWith("raised c00000d8 0 2 ", line, StringComparison.Ordinal),
                line => Assert.StartsWith("lower to higher 2 KeLowerIrql to 15", line, StringComparison.Ordinal),
                line => Assert.Equal("held 00000000 -", line),
                line => Assert.StartsWith("in use c0000708 ", line, StringComparison.Ordinal),
                line => Assert.Contains("not mapped", line, StringComparison.Ordinal),
                line => Assert.Equal("mapped 7 -", line),
                line => Assert.Equal("close 00000000 -", line),
                line => Assert.StartsWith("closed c000000d FileObject is not one", line, StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_start_that_fails_says_what_is_missing_and_how_to_get_it()
    {
        CCompiler.SkipWithout("gcc");
        using var c = new CCompiler();
        string program = c.Compile("first.c");
        Assert.Contains("set CONCORD_HOME to the directory of Concord.Nt.dll",
            CCompiler.Run(program, [], ("CONCORD_HOME", null)), StringComparison.Ordinal);
        Assert.Contains("Concord is not in /nowhere", CCompiler.Run(program, [], ("CONCORD_HOME", "/nowhere")),
            StringComparison.Ordinal);
        Assert.Contains(
            ".NET cannot be found in /nowhere: install the .NET 10 runtime, or set DOTNET_ROOT",
            CCompiler.Run(program, [], ("CONCORD_HOME", CCompiler.Home), ("DOTNET_ROOT", "/nowhere")),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Concord.Nt.dll")]
    [InlineData("Concord.dll")]
    [InlineData("Concord.Nt.runtimeconfig.json")]
    public void A_start_without_one_of_the_files_names_it(string missing)
    {
        CCompiler.SkipWithout("gcc");
        using var c = new CCompiler();
        using var folder = new TempFolder();
        CopyHome(folder.Path);
        File.Delete(Path.Combine(folder.Path, missing));
        string output = CCompiler.Run(c.Compile("first.c"), [], ("CONCORD_HOME", folder.Path));
        Assert.StartsWith("start c0000142", output, StringComparison.Ordinal);
        Assert.Contains($"Concord is not in {folder.Path}: {missing} cannot be read there; set CONCORD_HOME", output,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_start_with_another_versions_files_says_what_does_not_fit()
    {
        CCompiler.SkipWithout("gcc");
        using var c = new CCompiler();
        using var folder = new TempFolder();
        string program = c.Compile("first.c");

        // An assembly without the entry points, and a configuration that is none.
        CopyHome(folder.Path);
        File.Copy(Path.Combine(CCompiler.Home, "Concord.dll"), Path.Combine(folder.Path, "Concord.Nt.dll"),
            overwrite: true);
        Assert.Contains("Concord.Nt.dll has no entry point", CCompiler.Run(program, [], ("CONCORD_HOME", folder.Path)),
            StringComparison.Ordinal);
        CopyHome(folder.Path);
        File.WriteAllText(Path.Combine(folder.Path, "Concord.Nt.runtimeconfig.json"), "{ no");
        string output = CCompiler.Run(program, [], ("CONCORD_HOME", folder.Path));
        Assert.Contains("cannot be started (0x", output, StringComparison.Ordinal);
        Assert.Contains("Concord.Nt.runtimeconfig.json", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_start_with_an_old_or_broken_NET_says_so()
    {
        CCompiler.SkipWithout("gcc");
        using var c = new CCompiler();
        using var folder = new TempFolder();
        string program = c.Compile("first.c"), fxr = Path.Combine(folder.Path, "host/fxr/2.1.0");
        Directory.CreateDirectory(fxr);
        string library = Path.Combine(fxr, "libhostfxr.so");
        File.WriteAllText(library, "no library");
        Assert.Contains($"{library} cannot be loaded: ", Start(), StringComparison.Ordinal);

        // Before .NET Core 3.0 hostfxr could only run programs.
        string source = Path.Combine(folder.Path, "old.c");
        File.WriteAllText(source, "int hostfxr_main(void) { return 0; }\n");
        File.Delete(library);
        CCompiler.Run("gcc", ["-shared", "-fPIC", source, "-o", library]);
        Assert.Contains($"{library} is too old: .NET 10 is needed", Start(), StringComparison.Ordinal);

        // A host that is new enough, and no runtime of version 10 below it.
        string dotnet = Path.GetFullPath(
            Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));
        string newest = Directory.GetDirectories(Path.Combine(dotnet, "host/fxr")).Order(StringComparer.Ordinal).Last();
        File.Copy(Path.Combine(newest, "libhostfxr.so"), library, overwrite: true);
        string output = Start();
        Assert.Contains($".NET in {folder.Path} cannot be started (0x80008096): You must install or update .NET",
            output, StringComparison.Ordinal);
        Assert.Contains("Microsoft.NETCore.App", output, StringComparison.Ordinal);

        string Start() => CCompiler.Run(program, [], ("CONCORD_HOME", CCompiler.Home), ("DOTNET_ROOT", folder.Path));
    }

    [Fact]
    public void Many_threads_may_make_the_first_call_and_then_share_a_file()
    {
        CCompiler.SkipWithout("gcc");
        using var c = new CCompiler();
        using var folder = new TempFolder();
        string program = c.Compile("many.c"), file = Path.Combine(folder.Path, "number");
        Assert.Equal("16 1600 -\n", CCompiler.Run(program, [file, "100"], ("CONCORD_HOME", CCompiler.Home)));

        // Where it cannot be started, every one of them hears why.
        Assert.StartsWith("0 0 c0000142 Concord is not in /nowhere",
            CCompiler.Run(program, [file, "1"], ("CONCORD_HOME", "/nowhere")), StringComparison.Ordinal);
    }

    [Fact]
    [Row(30)]
    public void Nothing_where_something_belongs_is_refused_and_a_helper_tells_a_locked_page_from_success()
    {
        CCompiler.SkipWithout("gcc");
        using var c = new CCompiler();
        using var folder = new TempFolder();
        Assert.Equal("done\n", CCompiler.Run(c.Compile("nothing.c"), [Path.Combine(folder.Path, "file")],
            ("CONCORD_HOME", CCompiler.Home)));
    }

    [Fact]
    public void What_is_made_and_ended_again_and_again_leaves_no_memory_behind()
    {
        CCompiler.SkipWithout("gcc");
        using var c = new CCompiler();
        using var folder = new TempFolder();
        int windows = 16, rounds = TestRun.IsFull ? 6_000 : 1_000;

        // By itself .NET lets a heap grow by as much as the processor's last cache holds before it collects: 300 MiB
        // here and there, which would be taken for a leak. With a small nursery the heap stands after the warm-up.
        string printed = CCompiler.Run(
            c.Compile("churn.c"), [Path.Combine(folder.Path, "file"), $"{windows}", $"{rounds}"],
            ("CONCORD_HOME", CCompiler.Home), ("DOTNET_GCgen0size", "0x100000"));
        long[] grown = [.. printed.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Where(static part => part.Trim().Length > 0)
            .Select(static part => long.Parse(part, CultureInfo.InvariantCulture)).Order()];
        Assert.Equal(windows, grown.Length);

        // What a round leaves behind grows in every window; what the heap or the C library takes now and then, in few.
        double bytesOfRound = grown[windows / 8] * 1024.0 / rounds;
        Figures.Record(
            "C", $"memory that a handle, pins, mappings and MDLs leave, {windows * rounds:N0} times",
            $"{bytesOfRound:F0} bytes each", $"none, {BytesLeftMax} at most");
        Assert.True(bytesOfRound <= BytesLeftMax, $"windows of {rounds} rounds grew by {string.Join(", ", grown)} KiB");
    }

    [Fact]
    public void It_installs_into_a_directory_and_is_found_there_by_pkg_config()
    {
        CCompiler.SkipWithout("gcc", "pkg-config");
        string prefix = Directory.CreateTempSubdirectory("concord-prefix-").FullName;
        try
        {
            CCompiler.Run("sh", [Path.Combine(CCompiler.Sources, "install.sh"), prefix, CCompiler.Home]);
            (string, string?) where = ("PKG_CONFIG_PATH", Path.Combine(prefix, "lib/pkgconfig"));
            string[] flags = CCompiler.Run("pkg-config", ["--cflags", "--libs", "concord"], where)
                .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            string program = Path.Combine(prefix, "first");
            CCompiler.Run(
                "gcc", [Path.Combine(Repository.Root, "tests/Concord.Tests/Nt/C/first.c"), .. flags, "-o", program]);

            // Nothing in the environment says where Concord is: the library was told when it was installed.
            Assert.StartsWith("start 00000000", CCompiler.Run(program, [], ("CONCORD_HOME", null)),
                StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(prefix, recursive: true);
        }
    }

    private static void CopyHome(string folder)
    {
        foreach (string file in (string[])["Concord.Nt.dll", "Concord.dll", "Concord.Nt.runtimeconfig.json",
            "Concord.Nt.deps.json"])
        {
            File.Copy(Path.Combine(CCompiler.Home, file), Path.Combine(folder, file), overwrite: true);
        }
    }
}
