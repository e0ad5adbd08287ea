namespace Concord.Tests.Nt.C;

/// <summary>The tarball's install.sh: all is installed, or nothing is changed.</summary>
[Collection(nameof(NativeCollection))]
public sealed class InstallTests(NativePackage package)
{
    [Fact]
    public void It_installs_into_a_prefix_with_a_space_and_is_found_there()
    {
        NativePackage.Need();
        string prefix = Path.Combine(package.NewFolder("installed"), "a prefix", "of two");
        Install(package.Prefix, prefix);
        string program = package.CompileAgainst(prefix, "nothing.c");
        Assert.Equal("done\n", NativePackage.Run(
            program, [Path.Combine(package.NewFolder("files"), "installed")],
            ("LD_LIBRARY_PATH", Path.Combine(prefix, "lib"))));

        // Once more over itself, as an update is.
        var before = Listing(prefix);
        Install(package.Prefix, prefix);
        Assert.Equal(before, Listing(prefix));
        Assert.Equal(Listing(package.Prefix).Where(static path => path.Contains('/')), before);
    }

    [Fact]
    public void With_DESTDIR_it_is_staged_and_says_nothing_of_the_stage()
    {
        NativePackage.Need();
        string stage = package.NewFolder("stage");
        NativePackage.Run("sh", [Path.Combine(package.Prefix, "install.sh"), "/usr"], ("DESTDIR", stage));
        Assert.True(File.Exists(Path.Combine(stage, "usr/lib/libconcord.so.0")));
        foreach (string file in Directory.GetFiles(stage, "*", SearchOption.AllDirectories))
        {
            if (Path.GetExtension(file) is ".pc" or ".cmake")
                Assert.DoesNotContain(stage, File.ReadAllText(file), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("include/concord/concord.h")]
    [InlineData("lib/libconcord.so.0")]
    [InlineData("lib/pkgconfig/concord.pc")]
    public void A_package_that_is_not_whole_changes_nothing(string missing)
    {
        NativePackage.Need();
        string copy = Copy(), prefix = Path.Combine(package.NewFolder("untouched"), "prefix");
        File.Delete(Path.Combine(copy, missing));
        var (code, output) = NativePackage.TryRun("sh", [Path.Combine(copy, "install.sh"), prefix]);
        Assert.NotEqual(0, code);
        Assert.Contains("nothing was installed", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(prefix));
    }

    [Fact]
    public void A_place_that_is_taken_changes_nothing_of_what_was_there()
    {
        NativePackage.Need();
        string prefix = package.NewFolder("taken");

        // An older version, and at the place of the last file a folder that nobody can be asked to give up.
        Directory.CreateDirectory(Path.Combine(prefix, "include/concord"));
        File.WriteAllText(Path.Combine(prefix, "include/concord/concord.h"), "old");
        Directory.CreateDirectory(Path.Combine(prefix, "share/concord/tsan.supp/inside"));
        var before = Listing(prefix);
        var (code, output) = NativePackage.TryRun("sh", [Path.Combine(package.Prefix, "install.sh"), prefix]);
        Assert.NotEqual(0, code);
        Assert.Contains("nothing was installed", output, StringComparison.Ordinal);
        Assert.Equal(before, Listing(prefix));
        Assert.Equal("old", File.ReadAllText(Path.Combine(prefix, "include/concord/concord.h")));
    }

    [Fact]
    public void An_empty_prefix_is_refused_in_a_sentence()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "the script is for Linux");
        var (code, output) = NativePackage.TryRun("sh", [Path.Combine(CCompiler.Sources, "install.sh"), ""]);
        Assert.Equal((2, "install.sh: PREFIX is empty; nothing was installed\n"), (code, output));
    }

    private static void Install(string from, string prefix) =>
        NativePackage.Run("sh", [Path.Combine(from, "install.sh"), prefix]);

    private string Copy()
    {
        string copy = package.NewFolder($"copy {Random.Shared.Next()}");
        NativePackage.Run("cp", ["-a", package.Prefix + "/.", copy]);
        return copy;
    }

    private static IReadOnlyList<string> Listing(string folder) =>
    [
        .. Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories)
            .Where(static path => !Directory.Exists(path) || new FileInfo(path).LinkTarget is not null)
            .Select(path => Path.GetRelativePath(folder, path)).Order(StringComparer.Ordinal),
    ];
}
