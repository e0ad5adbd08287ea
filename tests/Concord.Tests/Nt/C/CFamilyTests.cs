using System.Globalization;
using Concord.Tests.Stores;

namespace Concord.Tests.Nt.C;

/// <summary>
/// The routines from C at work: what they do to a file, as another process sees it, and what they say when they refuse.
/// </summary>
[Collection(SideBySide.Children)]
public sealed class CFamilyTests
{
    [Fact]
    public void Dirty_pages_are_found_by_another_process_and_a_locked_one_stays_also_under_eight_threads()
    {
        CCompiler.SkipWithout("gcc");
        using var c = new CCompiler();
        string folder = Directory.CreateTempSubdirectory("concord-files-").FullName;
        try
        {
            Assert.Equal(
                "done\n", CCompiler.Run(c.Compile("coherency.c"), [folder, "25"], ("CONCORD_HOME", CCompiler.Home)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Every_routine_works_from_C_and_what_it_raises_is_an_answer_with_a_reason()
    {
        CCompiler.SkipWithout("gcc");
        using var c = new CCompiler();
        string file = Path.GetTempFileName();
        try
        {
            string[] lines = CCompiler.Run(c.Compile("family.c"), [file], ("CONCORD_HOME", CCompiler.Home)).Split('\n');
            Assert.Equal("done", lines[1]);
            string copy = lines[0]["copy ".Length..];
            Figures.Record("C", "CcCopyRead of 64 bytes in memory, from C", $"{copy} ns", "about 60 ns");
            Assert.InRange(double.Parse(copy, CultureInfo.InvariantCulture), 0, 20_000);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void What_callbacks_say_is_judged_and_every_refusal_has_a_reason_for_people_who_write_C()
    {
        CCompiler.SkipWithout("gcc");
        using var c = new CCompiler();
        using var folder = new TempFolder();
        string program = c.Compile("callbacks.c"), file = Path.Combine(folder.Path, "file");
        Assert.Equal("done\n", CCompiler.Run(program, [file], ("CONCORD_HOME", CCompiler.Home)));
    }

    [Theory]
    [InlineData("end", "worked ended\n")]
    [InlineData("late", "worked ended\n")]
    [InlineData("signal", "worked signal ended\n")]
    public void A_process_whose_main_thread_has_left_gets_its_signals_and_ends_with_its_last_thread(
        string mode, string expected)
    {
        CCompiler.SkipWithout("gcc");
        using var c = new CCompiler();
        string program = c.CompileWith("leaving.c", [$"{CCompiler.Sources}/src/threads.c"]);
        Assert.Equal(expected, CCompiler.Run(program, [mode]));
    }

    [Theory]
    [InlineData("by a call", null)]
    [InlineData("by a call", "0")]
    [InlineData("environment", "1")]
    public void Checked_mode_is_turned_on_from_C_by_a_call_or_by_the_environment(string how, string? variable)
    {
        CCompiler.SkipWithout("gcc");
        using var c = new CCompiler();
        string told = CCompiler.Run(
            "sh", ["-c", "exec \"$@\" 2>&1", "sh", c.Compile("callbacks.c"), "unused", how],
            ("CONCORD_HOME", CCompiler.Home), ("CONCORD_CHECKS", variable));
        Assert.EndsWith("done\n", told, StringComparison.Ordinal);
        Assert.Contains("concord: CcCopyRead: the read ends at", told, StringComparison.Ordinal);
        Assert.Contains("concord: ExAcquireResourceSharedLite: the thread must", told, StringComparison.Ordinal);
        Assert.Contains("concord: ConcordCompleteRequest: Request must be", told, StringComparison.Ordinal);
        Assert.Contains("concord: FileObject is NULL", told, StringComparison.Ordinal);
        Assert.Contains("concord: this thread has not acquired the file", told, StringComparison.Ordinal);
    }
}
