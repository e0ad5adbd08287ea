using System.Globalization;
using Concord.Tests.Stores;

namespace Concord.Tests.Nt.C;

/// <summary>
/// The routines from C: headers that compile everywhere, one start, children that are refused, errors that are never
/// thrown.
/// </summary>
[Collection(SideBySide.Children)]
public sealed class CBridgeTests
{
    private static readonly string[] Headers =
        ["concord.h", "concord_words.h", "wdm.h", "ntifs.h", "ntddk.h", "fltKernel.h"];

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
    public void The_first_header_alone_declares_the_two_routines()
    {
        CCompiler.SkipWithout("gcc");
        using var c = new CCompiler();
        c.Check("gcc", "-std=c11", """
            #include <concord.h>
            void both(PFILE_OBJECT file, PIO_STATUS_BLOCK status) {
              CcCoherencyFlushAndPurgeCache(file->SectionObjectPointer, NULL, 0, status, CC_FLUSH_AND_PURGE_NO_PURGE);
              KeInvalidateRangeAllCaches(file, sizeof *file);
            }

            """);
    }

    [Fact]
    public void Another_librarys_short_names_keep_their_meaning_when_that_is_asked_for()
    {
        CCompiler.SkipWithout("gcc");
        using var c = new CCompiler();
        c.Check("gcc", "-std=c11", """
            typedef unsigned long ULONG;
            typedef char BOOLEAN;
            #define USHORT unsigned int
            #define CONCORD_NO_NT_TYPES
            #include <wdm.h>
            #include <ntifs.h>
            _Static_assert(sizeof(ULONG) == sizeof(long) && sizeof(USHORT) == sizeof(int), "the other library's");
            _Static_assert(sizeof(CONCORD_ULONG) == 4 && sizeof(CONCORD_USHORT) == 2, "Concord's");
            BOOLEAN written(PFILE_OBJECT file) {
              ULONG length = 5;
              LARGE_INTEGER offset = {.QuadPart = 1};
              return CcCopyWrite(file, &offset, length, 1, "bytes") && BooleanFlagOn(file->Flags, FO_WRITE_THROUGH);
            }

            """);
    }

    [Fact]
    public void Lists_strings_and_sizes_are_there_without_the_library()
    {
        CCompiler.SkipWithout("gcc");
        using var c = new CCompiler();
        Assert.Equal("done\n", CCompiler.Run(c.Compile("words.c"), []));
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
                line => Assert.StartsWith("not held c0000264 0 CcCoherencyFlushAndPurgeCache: the file must be "
                    + "acquired exclusively by the calling thread", line, StringComparison.Ordinal),
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
    public void A_start_that_fails_is_told_by_every_routine()
    {
        CCompiler.SkipWithout("gcc");
        using var c = new CCompiler();
        string printed = CCompiler.Run(c.Compile("first.c"), [], ("CONCORD_HOME", null));
        Assert.StartsWith("start c0000142", printed, StringComparison.Ordinal);
        Assert.EndsWith("CONCORD_HOME is not set\n", printed, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_system_attaches_its_own_file_object_and_finds_its_bytes_through_its_callbacks()
    {
        CCompiler.SkipWithout("gcc");
        using var c = new CCompiler();
        Assert.Equal("done\n", CCompiler.Run(c.Compile("hosted.c"), [], ("CONCORD_HOME", CCompiler.Home)));
    }

    [Fact]
    [Row(5, 6, 12)]
    public void Views_and_streams_by_path_from_C_are_kept_coherent_by_the_routine()
    {
        CCompiler.SkipWithout("gcc");
        using var c = new CCompiler();
        using var folder = new TempFolder();
        Assert.Equal("done\n", CCompiler.Run(
            c.Compile("views.c"), [Path.Combine(folder.Path, "file")], ("CONCORD_HOME", CCompiler.Home)));
    }

    [Fact]
    public void What_a_routine_raises_goes_to_the_handler_of_the_innermost_block()
    {
        CCompiler.SkipWithout("gcc");
        using var c = new CCompiler();
        Assert.Equal("done\n", CCompiler.Run(c.Compile("seh.c"), [], ("CONCORD_HOME", CCompiler.Home)));
    }

    [Fact]
    public void In_a_forked_child_every_routine_refuses_and_its_parent_loses_nothing()
    {
        CCompiler.SkipWithout("gcc");
        using var c = new CCompiler();
        using var folder = new TempFolder();
        Assert.Equal("done\n", CCompiler.Run(
            c.Compile("fork.c"), [Path.Combine(folder.Path, "file")], ("CONCORD_HOME", CCompiler.Home)));
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
        Assert.StartsWith("0 0 c0000142 CONCORD_HOME is not set",
            CCompiler.Run(program, [file, "1"], ("CONCORD_HOME", null)), StringComparison.Ordinal);
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

        // A leak shows in every run of the program; a heap that is still finding its size beside other tests does not.
        string program = c.Compile("churn.c");
        long[] grown = [];
        double bytesOfRound = double.MaxValue;
        for (int run = 0; run < 3 && bytesOfRound > BytesLeftMax; run++)
        {
            grown = Churn(program, Path.Combine(folder.Path, "file"), windows, rounds);
            Assert.Equal(windows, grown.Length);

            // What a round leaves grows in every window; what the heap or the C library takes now and then, in few.
            bytesOfRound = grown[windows / 8] * 1024.0 / rounds;
        }

        Figures.Record(
            "C", $"memory that a handle, pins, mappings and MDLs leave, {windows * rounds:N0} times",
            $"{bytesOfRound:F0} bytes each", $"none, {BytesLeftMax} at most");
        Assert.True(bytesOfRound <= BytesLeftMax, $"windows of {rounds} rounds grew by {string.Join(", ", grown)} KiB");
    }

    /// <summary>By how many KiB each window of rounds grew, in ascending order.</summary>
    private static long[] Churn(string program, string file, int windows, int rounds)
    {
        // By itself .NET lets a heap grow by as much as the processor's last cache holds before it collects: 300 MiB
        // here and there, which would be taken for a leak. With a small nursery the heap stands after the warm-up.
        string printed = CCompiler.Run(
            program, [file, $"{windows}", $"{rounds}"],
            ("CONCORD_HOME", CCompiler.Home), ("DOTNET_GCgen0size", "0x100000"));
        return
        [
            .. printed.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Where(static part => part.Trim().Length > 0)
                .Select(static part => long.Parse(part, CultureInfo.InvariantCulture)).Order(),
        ];
    }
}
