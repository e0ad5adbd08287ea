using System.Text.RegularExpressions;
using Concord.Tests.Stores;

namespace Concord.Tests.Nt.C;

/// <summary>The pages about C: their program compiles, and their commands run when they are typed.</summary>
[Collection(nameof(NativeCollection))]
public sealed partial class DocumentedTests(NativePackage package)
{
    private static readonly string[] PagesOnC = ["docs/nt-api.md", "src/Concord.Native/README.md"];

    [Fact]
    public void The_program_of_the_page_compiles_without_a_warning()
    {
        CCompiler.SkipWithout("gcc");
        using var c = new CCompiler();
        c.Check("gcc", "-std=gnu17", BlocksOf("docs/nt-api.md", "c").Single());
    }

    [Fact]
    public void Whatever_page_says_how_to_link_says_how_the_library_is_found_too()
    {
        string[] commands = [.. PagesOnC.SelectMany(page => BlocksOf(page, "sh")).SelectMany(CommandsOf)
            .Where(static command => command.StartsWith("cc ", StringComparison.Ordinal))];
        Assert.Equal(PagesOnC.Length, commands.Length);
        Assert.All(commands, static command => Assert.Contains("-Wl,-rpath,", command, StringComparison.Ordinal));
    }

    [Fact]
    public void The_commands_of_the_page_install_the_library_and_make_and_run_the_program()
    {
        NativePackage.Need();
        string folder = package.NewFolder("as the page says");

        // A home as most are: the command has no quotes for a space.
        using var home = new TempFolder();
        File.Copy(package.Tarball, Path.Combine(folder, Path.GetFileName(package.Tarball)));
        File.WriteAllText(Path.Combine(folder, "program.c"), BlocksOf("docs/nt-api.md", "c").Single());
        File.WriteAllBytes(Path.Combine(folder, "data.db"), new byte[8192]);

        // Packing is what this tarball comes from; the other commands as they stand.
        string typed = string.Join('\n', CommandsOf(BlocksOf("docs/nt-api.md", "sh").Single())
            .Where(static command => !command.Contains("pack.sh", StringComparison.Ordinal)));
        string said = NativePackage.Run(
            "sh", ["-ec", $"cd \"$1\"\n{typed}", "sh", folder], ("HOME", home.Path));
        Assert.EndsWith("in the file, and in no cache\n", said, StringComparison.Ordinal);
        Assert.Equal("bytes", System.Text.Encoding.ASCII.GetString(
            File.ReadAllBytes(Path.Combine(folder, "data.db")), 4096, 5));
    }

    private static IEnumerable<string> CommandsOf(string block) =>
        block.Split('\n').Where(static line => line.Length > 0);

    private static IEnumerable<string> BlocksOf(string page, string language) =>
        Block().Matches(File.ReadAllText(Path.Combine(Repository.Root, page)))
            .Where(block => block.Groups["language"].Value == language).Select(block => block.Groups["text"].Value);

    [GeneratedRegex("^```(?<language>[a-z]+)\n(?<text>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
