using System.Globalization;

namespace Concord.Tests.Packaging;

/// <summary>The command as one native file, in the tarball that a release has, used where there is no .NET.</summary>
[Collection(nameof(FeedCollection))]
public sealed class CommandTarballTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("concord command ");

    [Fact]
    public void The_tarball_has_the_command_its_manual_and_its_completions_and_works_without_NET()
    {
        Assert.SkipUnless(TestRun.IsPackages, SkipPolicy.PackagesRun + "compiles the command ahead of time");
        Nt.C.CCompiler.SkipWithout("gcc", "tar", "man");
        string tarball = LocalFeed.RunInRepository(
            "sh", Path.Combine("src", "Concord.Cli", "pack.sh"), _folder.FullName).Trim().Split('\n')[^1];
        Nt.C.NativePackage.Run("tar", ["-C", _folder.FullName, "-xzf", tarball]);
        string prefix = tarball[..^".tar.gz".Length], command = Path.Combine(prefix, "bin", "concord");
        Assert.Equal(
            [
                "bin/concord", "share/bash-completion/completions/concord", "share/doc/concord/LICENSE",
                "share/doc/concord/README.md", "share/fish/vendor_completions.d/concord.fish",
                "share/man/man1/concord.1", "share/zsh/site-functions/_concord",
            ],
            Directory.GetFiles(prefix, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(prefix, path)).Order(StringComparer.Ordinal));

        Assert.StartsWith(LocalFeed.Version, Nt.C.NativePackage.Run(command, ["--version"]), StringComparison.Ordinal);
        string file = Path.Combine(_folder.FullName, "file");
        File.WriteAllBytes(file, new byte[5000]);
        string loaded = Nt.C.NativePackage.Run(command, ["load", "--json", file]);
        Assert.Contains("\"size\":5000", loaded.Replace(" ", ""), StringComparison.Ordinal);
        string manual = Nt.C.NativePackage.Run("man", ["-M", Path.Combine(prefix, "share", "man"), "concord"]);
        Assert.Contains("purge", manual, StringComparison.Ordinal);

        double ratio = Interleaved.MedianRatio(
            rounds: 15, static () => { }, (command, ["--version"]), ("/usr/bin/env", ["true"]));
        Figures.Record(
            "start", "the native command, against starting /usr/bin/env and /bin/true",
            string.Create(CultureInfo.InvariantCulture, $"{ratio:F1} times"), "no more than 15");
        Figures.Record(
            "start", "size of the native command",
            string.Create(CultureInfo.InvariantCulture, $"{new FileInfo(command).Length / 1e6:F1} MB"), "about 13");
        Assert.True(ratio <= 15, $"the native command takes {ratio:F1} times what /usr/bin/env and /bin/true take");
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
