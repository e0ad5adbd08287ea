using System.Globalization;

namespace Concord.Tests.Nt.C;

/// <summary>The routines from C: headers that compile everywhere, a start that tells what is missing, errors that are never thrown.</summary>
public sealed class CBridgeTests
{
    private static readonly string[] Headers = ["concord.h", "ntifs.h", "ntddk.h", "fltKernel.h"];

    public static TheoryData<string, string> Standards => new()
    {
        { "gcc", "-std=c11" }, { "gcc", "-std=gnu17" }, { "g++", "-std=c++11" }, { "g++", "-std=c++20" },
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
              CcCoherencyFlushAndPurgeCache(file->SectionObjectPointer, &offset, 4096, &status, CC_FLUSH_AND_PURGE_NO_PURGE);
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
            Figures.Record("C", "starting .NET and Concord from C", $"{start[2]} s", "about 0.2 s");
            string call = lines.Single(line => line.StartsWith("call ", StringComparison.Ordinal))[5..];
            Figures.Record("C", "a call from C to C# and back", $"{call} ns", "about 25 ns");
            Assert.InRange(double.Parse(call, CultureInfo.InvariantCulture), 0, 10_000);
            Assert.Collection(
                lines.Skip(1).Where(line => line.Length > 0 && !line.StartsWith("call", StringComparison.Ordinal)),
                line => Assert.StartsWith("absent c0000034 1 Could not find", line, StringComparison.Ordinal),
                line => Assert.StartsWith("no handle c000000d FileObject is NULL", line, StringComparison.Ordinal),
                line => Assert.Equal("open 00000000 -", line),
                line => Assert.StartsWith("not held c0000264 0 CcCoherencyFlushAndPurgeCache: failed: STATUS_RESOURCE_NOT_OWNED", line, StringComparison.Ordinal),
                line => Assert.StartsWith("no stream c000000d", line, StringComparison.Ordinal),
                line => Assert.Contains("IoStatus", line, StringComparison.Ordinal),
                line => Assert.StartsWith("release c0000264 this thread has not acquired", line, StringComparison.Ordinal),
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
        Assert.Contains("set CONCORD_HOME to the directory of Concord.Nt.dll", CCompiler.Run(program, [], ("CONCORD_HOME", null)), StringComparison.Ordinal);
        Assert.Contains("Concord is not in /nowhere", CCompiler.Run(program, [], ("CONCORD_HOME", "/nowhere")), StringComparison.Ordinal);
        Assert.Contains(
            ".NET cannot be found in /nowhere: install the .NET 10 runtime, or set DOTNET_ROOT",
            CCompiler.Run(program, [], ("CONCORD_HOME", CCompiler.Home), ("DOTNET_ROOT", "/nowhere")),
            StringComparison.Ordinal);
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
            string[] flags = CCompiler.Run("pkg-config", ["--cflags", "--libs", "concord"], where).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            string program = Path.Combine(prefix, "first");
            CCompiler.Run("gcc", [Path.Combine(Repository.Root, "tests/Concord.Tests/Nt/C/first.c"), .. flags, "-o", program]);

            // Nothing in the environment says where Concord is: the library was told when it was installed.
            Assert.StartsWith("start 00000000", CCompiler.Run(program, [], ("CONCORD_HOME", null)), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(prefix, recursive: true);
        }
    }
}
