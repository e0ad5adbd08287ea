using Concord.Cli.Files;
using Concord.Cli.Running;

namespace Concord.Tests.Cli;

/// <summary>
/// Folders with hidden, odd and very many names: a walk comes to every file, once, whatever it is called.
/// </summary>
[Collection(SideBySide.Command)]
public sealed class OddFolderTests
{
    public OddFolderTests() => Assert.SkipUnless(SystemFile.IsSupported, SystemFile.UnsupportedReason ?? "");

    [Fact]
    public void Every_name_is_met_however_odd_it_is()
    {
        using var folder = new Folder();
        string[] names =
        [
            ".hidden", ".hidden/.inner", "..two", "...", "-rf", "--", "--help", " ", " leading", "trailing ", "a b",
                "a\tb", "a\nb",
            "'quote'", "\"double\"", "back\\slash", "*", "?", "[a]", "~", "$HOME", "%s", "#", "é", "e\u0301", "日本",
                "\u202Etxt",
            new string('n', 255), "x/.y/..z/w", "CON", "nul.txt", "semi;colon", "a:b", "\u0001\u001b[31m",
        ];
        List<string> expected = [];
        foreach (string name in names)
        {
            string file = name == ".hidden" ? ".hidden/file" : name;
            expected.Add(folder.Add(file, 10));
        }

        Assert.Equal(expected.Distinct().Order(StringComparer.Ordinal), Walk([folder.Path])
            .Order(StringComparer.Ordinal));
        Assert.Equal([folder.At("-rf")], Walk([folder.At("-rf")]));
    }

    [Fact]
    public void Folders_in_folders_are_walked_to_the_last_one()
    {
        using var folder = new Folder();
        string path = "d";
        for (int depth = 0; depth < 60; depth++) path += "/.d";
        string file = folder.Add(path + "/file", 10);
        Directory.CreateDirectory(folder.At("empty/.empty"));
        Assert.Equal([file], Walk([folder.Path]));
    }

    [Fact]
    public void Thousands_of_names_are_each_met_once()
    {
        const int Files = 5000;
        using var folder = new Folder();
        for (int i = 0; i < Files; i++) File.Create(folder.At($"{(i % 2 == 0 ? "." : "")}{i}")).Dispose();
        var met = Walk([folder.Path]);
        Assert.Equal(Files, met.Count);
        Assert.Equal(Files, met.Distinct().Count());
    }

    [Fact]
    public void What_is_named_twice_or_lies_in_what_is_named_too_is_met_once()
    {
        using var folder = new Folder();
        string file = folder.Add(".a/b", 10);
        Assert.Equal([file], Walk([folder.Path, folder.At(".a"), file, file]));
    }

    private static List<string> Walk(string[] arguments)
    {
        Failures failures = new(Output.Open(), keep: true);
        FileWalk walk = new(new FileSelection(arguments), failures);
        List<string> met = [.. walk.Files().Select(static file => file.Path)];
        Assert.Equal(0, failures.Count);
        return met;
    }
}
