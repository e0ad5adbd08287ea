using System.Diagnostics;
using Concord.Cli.Manual;
using Concord.Tests.House;

namespace Concord.Tests.Cli;

/// <summary>What the command writes of itself: completion for shells, and the manual page.</summary>
[Collection(SideBySide.Command)]
public class ManualTests
{
    private const string Bash = "/bin/bash", Fish = "/usr/bin/fish", Man = "/usr/bin/man";

    [Theory]
    [InlineData("concord.bash", "completion", "bash")]
    [InlineData("_concord", "completion", "zsh")]
    [InlineData("concord.fish", "completion", "fish")]
    [InlineData("concord.1", "manual")]
    public void The_package_has_what_the_command_writes(string file, params string[] line)
    {
        string packed = File.ReadAllText(PathOf(file));
        string written = ConcordProgram.Run(line).Exits(0).Output;
        string command = $"concord {string.Join(' ', line)} > src/Concord.Cli/Shell/{file}";
        Assert.True(packed == written, $"the command writes another file by now: {command}");
    }

    [Theory]
    [InlineData("st", "status")]
    [InlineData("purge --no", "--no-trim")]
    [InlineData("status --sort writeback-p", "writeback-pages")]
    [InlineData("status --svg fil", "file")]
    [InlineData("purge fil", "file")]
    [InlineData("completion f", "fish")]
    [InlineData("load --rate x", "")]
    [InlineData("status --columns path,resident-p", "path,resident-pages")]
    [InlineData("status --columns path,size,wh", "path,size,where")]
    [InlineData("status -- --al", "")]
    [InlineData("status -- fil", "file")]
    [InlineData("status --he", "--help")]
    public void Bash_completes_commands_options_values_and_files(string typed, string completed)
    {
        Assert.SkipUnless(File.Exists(Bash), "bash is not installed");
        using var folder = new Folder();
        folder.Add("file");
        string[] words = ["concord", .. typed.Split(' ')];
        string script = $"source '{PathOf("concord.bash")}'; COMP_WORDS=({string.Join(' ', words)}); "
            + $"COMP_CWORD={words.Length - 1}; _concord; echo \"${{COMPREPLY[*]}}\"";
        Assert.Equal($"{completed}\n", Output(folder.Path, Bash, "-c", script));
    }

    [Theory]
    [InlineData("concord st", "status\tShow what of files is in the system's cache.")]
    [InlineData("concord status --sort dirty-", "dirty-pages\t")]
    [InlineData("concord completion z", "zsh")]
    [InlineData("concord status --columns path,dirty-", "path,dirty-pages")]
    [InlineData("concord purge --hel", "--help")]
    public void Fish_completes_commands_and_values(string typed, string completed)
    {
        Assert.SkipUnless(File.Exists(Fish), "fish is not installed");
        using var home = new Folder();
        string script = $"set HOME {home.Path}; source '{PathOf("concord.fish")}'; complete -C '{typed}'";
        Assert.StartsWith(completed, Output(home.Path, Fish, "--no-config", "-c", script), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/usr/bin/zsh", "_concord")]
    [InlineData(Fish, "concord.fish")]
    public void Other_shells_understand_theirs(string shell, string file)
    {
        Assert.SkipUnless(File.Exists(shell), $"{Path.GetFileName(shell)} is not installed");
        Assert.Empty(Output(Path.GetTempPath(), shell, "-n", PathOf(file)));
    }

    [Fact]
    public void The_manual_page_is_good_and_has_every_option()
    {
        string page = File.ReadAllText(PathOf("concord.1"));
        foreach (DefinedCommand command in Definition.Read(Concord.Cli.Running.Output.Open()).Commands)
        {
            Assert.Contains($".SS concord {command.Name}", page, StringComparison.Ordinal);
            foreach (string name in command.Options.SelectMany(static option => option.Names))
                Assert.Contains(name.Replace("-", "\\-", StringComparison.Ordinal), page, StringComparison.Ordinal);
        }

        Assert.SkipUnless(File.Exists(Man), "man is not installed");
        string shown = Output(Path.GetTempPath(), Man, "--warnings", "-l", PathOf("concord.1"));
        Assert.DoesNotContain("warning", shown, StringComparison.Ordinal);
        Assert.Contains("EXIT STATUS", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_about_the_command_has_every_command_and_option()
    {
        string page = HouseFiles.All.Single(static file => file.Path == "src/Concord.Cli/README.md").Text;
        foreach (DefinedCommand command in Definition.Read(Concord.Cli.Running.Output.Open()).Commands)
        {
            Assert.Contains($"`concord {command.Name}", page, StringComparison.Ordinal);
            foreach (DefinedOption option in command.Options)
                Assert.Contains($"`{option.Names[0]}", page, StringComparison.Ordinal);
        }
    }

    private static string PathOf(string file) =>
        Path.Combine(Repository.Root, "src", "Concord.Cli", "Shell", file);

    /// <summary>What a program says, errors too.</summary>
    private static string Output(string folder, string program, params string[] args)
    {
        var start = new ProcessStartInfo(program, args)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C.UTF-8";
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output + error.GetAwaiter().GetResult();
    }
}
