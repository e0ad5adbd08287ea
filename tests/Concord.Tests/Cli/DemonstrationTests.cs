using System.Runtime.InteropServices;
using System.Text.Json;

namespace Concord.Tests.Cli;

[Collection(SideBySide.Command)]
public class DemonstrationTests
{
    private const long Pages = 16384;
    private const int NotPermitted = 1, NotImplemented = 38;
    private const string CachestatAndUserfaultfd = "451,323";

    public DemonstrationTests() =>
        Assert.SkipUnless(Environment.SystemPageSize == 4096, "the demonstration's pages are counted in 4 KiB here");

    [Fact]
    public void It_shows_every_page_left_by_the_system_and_what_Concord_leaves()
    {
        using var folder = new Folder();
        JsonElement document = ConcordProgram.RunIn(folder.Path, "--json").Exits(0).Json;
        Check(document, mayTrim: Environment.IsPrivilegedProcess);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Nobody_sees_who_holds_the_pages_and_which_right_is_missing()
    {
        using var folder = new Folder();
        folder.Open(toWrite: true);
        JsonElement document = ConcordProgram.RunAsNobody(folder.Path, "--json").Exits(0).Json;
        Check(document, mayTrim: false);
        string text = ConcordProgram.RunAsNobody(folder.Path).Exits(0).Output;
        if (!SystemFile.IsSupported) return;
        Assert.Contains("CAP_SYS_NICE", text, StringComparison.Ordinal);
        Assert.Contains("mapped by a process: process ", text, StringComparison.Ordinal);
        Assert.Contains("concord purge again", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', text);
    }

    [Theory]
    [InlineData(NotPermitted)]
    [InlineData(NotImplemented)]
    public void It_works_where_cachestat_and_userfaultfd_are_refused(int error)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "filters of system calls are Linux's");
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64,
            SkipPolicy.OtherProcessor + "the filter knows the numbers of x64");
        using var folder = new Folder();
        JsonElement document = ConcordProgram.RunWithoutCalls(folder.Path, CachestatAndUserfaultfd, error, "--json")
            .Exits(0).Json;
        Check(document, mayTrim: Environment.IsPrivilegedProcess);
    }

    [Fact]
    public void The_text_is_plain_in_a_pipe()
    {
        using var folder = new Folder();
        ConcordProgram.Outcome run = ConcordProgram.RunIn(folder.Path).Exits(0);
        Assert.Empty(run.Error);
        Assert.DoesNotContain('\u001b', run.Output);
        Assert.All(run.Output, c => Assert.InRange(c, '\0', '\u007f'));
    }

    private static void Check(JsonElement document, bool mayTrim)
    {
        if (ProcessorCache.IsSupported)
        {
            Assert.True(document.GetProperty("processor").GetProperty("ratio").GetDouble() > 2, document.ToString());
        }

        if (!SystemFile.IsSupported)
        {
            Assert.NotNull(document.GetProperty("systemUnsupportedReason").GetString());
            return;
        }

        JsonElement system = document.GetProperty("system");
        Assert.True(system.GetProperty("contentsUnchanged").GetBoolean());
        Assert.Equal(Pages, system.GetProperty("pages").GetInt64());
        if (system.GetProperty("fileSystem").GetString() == "tmpfs") return;
        Assert.Equal(Pages, Left(system.GetProperty("systemCalls")));
        JsonElement concord = system.GetProperty("concord");
        JsonElement afterUnmap = system.GetProperty("concordAfterUnmap");
        if (mayTrim)
        {
            Assert.Equal(0, Left(concord));
            Assert.Equal("success", concord.GetProperty("status").GetString());
            Assert.Equal(JsonValueKind.Null, afterUnmap.ValueKind);
            return;
        }

        Assert.Equal(Pages, Left(concord));
        Assert.Equal("CAP_SYS_NICE", system.GetProperty("missingRight").GetString());
        string holder = concord.GetProperty("left")[0].GetProperty("holder").GetString()!;
        Assert.Contains($"process {system.GetProperty("mappedByProcess").GetInt32()}", holder,
            StringComparison.Ordinal);
        Assert.Equal(0, Left(afterUnmap));
    }

    private static long Left(JsonElement step) => step.GetProperty("pagesLeft").GetInt64();
}
