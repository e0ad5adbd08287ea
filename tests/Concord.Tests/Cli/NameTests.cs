using System.Diagnostics;
using System.Text.Json;

namespace Concord.Tests.Cli;

/// <summary>Names that are not UTF-8, and names that speak to the terminal, in every command on files.</summary>
[Collection(SideBySide.Command)]
public class NameTests
{
    private const string Shell = "/bin/sh", Shown = "bad\\xff";

    /// <summary>What the bytes <c>bad</c> and 255 are to the base 64.</summary>
    private const string Base64 = "YmFk/w==";

    public NameTests() => Assert.SkipUnless(SystemFile.IsSupported, SystemFile.UnsupportedReason ?? "");

    [Fact]
    public void Names_that_are_not_UTF_8_are_met_treated_and_shown()
    {
        using var folder = new Folder();
        using var name = new BadName(folder);
        foreach (string command in (string[])["status", "flush", "load", "purge"])
        {
            JsonElement document = ConcordProgram.RunIn(folder.Path, command, "--json", ".").Exits(0).Json;
            JsonElement file = Assert.Single(document.GetProperty("files").EnumerateArray());
            Assert.Equal($"./{Shown}", file.GetProperty("path").GetString());
            Assert.Equal("Li9iYWT/", file.GetProperty("pathBytes").GetString());
        }

        string text = ConcordProgram.RunIn(folder.Path, "status", ".").Exits(0).Output;
        Assert.Contains($"./{Shown}", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_that_are_not_UTF_8_are_taken_from_the_command_line()
    {
        using var folder = new Folder();
        using var name = new BadName(folder);
        const string Script = "exec \"$1\" purge --json \"$(printf 'bad\\377')\" \"$(printf 'none\\376')\"";
        using Process process = ConcordProgram.Start(folder.Path, [Shell, "-c", Script, "sh"]);
        string output = process.StandardOutput.ReadToEnd(), error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(2, process.ExitCode);
        JsonElement document = JsonDocument.Parse(output).RootElement;
        Assert.Equal(Base64, document.GetProperty("files")[0].GetProperty("pathBytes").GetString());
        Assert.Equal("none\\xfe", document.GetProperty("errors")[0].GetProperty("path").GetString());
        Assert.Contains("none\\xfe", error, StringComparison.Ordinal);
    }

    [Fact]
    public void No_message_has_what_a_terminal_obeys()
    {
        using var folder = new Folder();
        string name = "red\u001b]0;title\u0007\u001b[31m";
        Directory.CreateDirectory(folder.At(name));
        Directory.CreateDirectory(folder.At("dir"));
        folder.Add("file");
        string[][] lines =
        [
            ["status", name + "none"], ["status", "--pages", "."], ["purge", "--range", "0:4k", name + "none"],
            ["bench", name], ["bench", name + "none"],
            ["status", "file", "--" + name], [name], ["purge", "--range", name, "file"],
        ];
        foreach (string[] line in lines)
        {
            var run = ConcordProgram.RunIn(folder.Path, line);
            Assert.DoesNotContain('\u001b', run.Error);
            Assert.DoesNotContain('\u001b', run.Output);
            Assert.DoesNotContain('\u0007', run.Error);
        }
    }

    /// <summary>
    /// A file whose name is not UTF-8: .NET has no such names, so that a shell makes it and takes it away.
    /// </summary>
    private sealed class BadName : IDisposable
    {
        private readonly Folder _folder;

        internal BadName(Folder folder)
        {
            _folder = folder;
            Run("printf 'some bytes' > \"$(printf 'bad\\377')\"");
        }

        public void Dispose() => Run("rm -f bad*");

        private void Run(string script)
        {
            var start = new ProcessStartInfo(Shell, ["-c", script]) { WorkingDirectory = _folder.Path };
            using Process shell = Process.Start(start)!;
            shell.WaitForExit();
        }
    }
}
