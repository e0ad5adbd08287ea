using System.Diagnostics;
using Concord.Tests.Interop;

namespace Concord.Tests.Cli;

/// <summary>
/// The command's files of a moment, in a folder where everybody may write: what others have planted there is neither
/// taken nor followed, nobody else gets in, and nothing is left, however the command ends.
/// </summary>
[Collection(SideBySide.Command)]
public class TemporaryFilesTests
{
    private const string Shell = "/bin/sh";

    /// <summary>
    /// Makes folders and links under names that can be guessed: with the number of the process, which stays the same
    /// when the shell becomes the command.
    /// </summary>
    private const string Plant = """
        for name in tour bench; do
          mkdir ".concord-$name-$$"
          for file in file refused killed cached system read; do ln -s "$1" ".concord-$name-$$/$file"; done
        done
        ln -s "$1" ".concord-demonstration-$$"
        shift
        exec "$@"
        """;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public TemporaryFilesTests() =>
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "links are planted by a shell on Linux");

    [Theory]
    [InlineData("tour")]
    [InlineData("bench", "--rounds", "9")]
    [InlineData("--json")]
    public void A_folder_that_somebody_planted_with_links_in_it_is_not_used(params string[] args)
    {
        using var folder = new Folder();
        folder.Open(toWrite: true);
        string victim = folder.Add("victim");
        byte[] whole = File.ReadAllBytes(victim);
        using Process process = ConcordProgram.Start(folder.Path, [Shell, "-c", Plant, "sh", victim], args);
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        Assert.Equal(whole, File.ReadAllBytes(victim));
        string[] planted = [.. Directory.GetFileSystemEntries(folder.Path).Where(path => path != victim)];
        Assert.Equal(3, planted.Length);
        Assert.All(planted, path => Assert.EndsWith($"-{process.Id}", path, StringComparison.Ordinal));
        Assert.All(planted.Where(Directory.Exists).SelectMany(Directory.GetFileSystemEntries),
            path => Assert.Equal(victim, new FileInfo(path).LinkTarget));
    }

    [Theory]
    [InlineData(Signals.HangUp)]
    [InlineData(Signals.Interruption)]
    [InlineData(Signals.Termination)]
    public void Its_folder_is_closed_to_others_and_gone_when_a_signal_ends_it(int signal)
    {
        using var folder = new Folder();
        folder.Open(toWrite: true);
        using Process process = ConcordProgram.Start(folder.Path, [], "tour");
        Assert.NotNull(process.StandardOutput.ReadLine());
        string made = Assert.Single(Directory.GetFileSystemEntries(folder.Path));
        if (!OperatingSystem.IsWindows()) Assert.Equal(OwnerOnly, File.GetUnixFileMode(made));
        Signals.Send(process.Id, signal);
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }
}
