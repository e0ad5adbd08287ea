using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Xml.Linq;

namespace Concord.Tests.Packaging;

[Collection(nameof(FeedCollection))]
public sealed class PackageTests(LocalFeed feed)
{
    private const double RatioMax = 1.5;

    // More than that, registries refuse.
    private const int ReleaseNotesMax = 35_000;

    [Fact]
    public void Every_package_has_its_icon_readme_licence_revision_and_what_changed()
    {
        Need();
        string changes = File.ReadAllText(Path.Combine(Repository.Root, "CHANGELOG.md"));
        Assert.Contains($"\n## {LocalFeed.Version}", changes, StringComparison.Ordinal);
        foreach (string name in LocalFeed.Packages)
        {
            using ZipArchive package = feed.Open(name);
            Assert.NotNull(package.GetEntry("README.md"));
            Assert.NotNull(package.GetEntry("icon.png"));
            XElement specification = SpecificationIn(package, name);
            Assert.Equal("MIT", Child(specification, "license")?.Value);
            Assert.Equal("README.md", Child(specification, "readme")?.Value);
            Assert.Equal("icon.png", Child(specification, "icon")?.Value);
            string notes = Child(specification, "releaseNotes")?.Value ?? "";
            Assert.StartsWith("### ", notes, StringComparison.Ordinal);
            Assert.InRange(notes.Length, 1, ReleaseNotesMax);
            Assert.Contains(notes.ReplaceLineEndings("\n"), changes, StringComparison.Ordinal);
            if (Directory.Exists(Path.Combine(Repository.Root, ".git")))
                Assert.Matches("^[0-9a-f]{40}$", Child(specification, "repository")?.Attribute("commit")?.Value);
        }
    }

    [Fact]
    public void Every_library_has_its_documentation_and_symbols_that_are_its_own()
    {
        Need();
        foreach (string name in LocalFeed.Libraries)
        {
            string path = $"lib/net10.0/{name}";
            using ZipArchive package = feed.Open(name), symbols = feed.Open(name, "snupkg");
            Assert.NotNull(package.GetEntry($"{path}.xml"));
            using var assembly = new PackagedAssembly(package.GetEntry($"{path}.dll")!);
            Assert.Equal(assembly.SymbolsId, PackagedAssembly.IdOfSymbols(symbols.GetEntry($"{path}.pdb")!));
        }
    }

    [Theory]
    [InlineData("Concord")]
    [InlineData("Concord.Nt")]
    public void A_library_that_programs_start_with_is_also_there_compiled_for_this_machine(string name)
    {
        Assert.SkipUnless(TestRun.IsPackages, SkipPolicy.PackagesRun + "compiles the libraries for this machine");
        Need();
        string runtime = RuntimeInformation.RuntimeIdentifier;
        using ZipArchive package = feed.Open(name);
        using var portable = new PackagedAssembly(package.GetEntry($"lib/net10.0/{name}.dll")!);
        using var compiled = new PackagedAssembly(package.GetEntry($"runtimes/{runtime}/lib/net10.0/{name}.dll")!);
        Assert.False(portable.IsCompiled);
        Assert.True(compiled.IsCompiled);
        Assert.Equal((portable.Id, portable.SymbolsId), (compiled.Id, compiled.SymbolsId));
    }

    [Theory]
    [InlineData("Concord")]
    [InlineData("Concord.Nt", "Concord")]
    [InlineData("Concord.Stores.AzureBlobs", "Azure.Storage.Blobs", "Concord")]
    [InlineData("Concord.Stores.Http", "Concord")]
    [InlineData("Concord.Stores.S3", "AWSSDK.S3", "Concord")]
    [InlineData("Concord.Testing", "Concord")]
    [InlineData("Concord.BenchmarkDotNet", "BenchmarkDotNet", "Concord")]
    [InlineData("Concord.Cli")]
    public void A_package_asks_for_exactly_its_version_of_ours_and_for_ranges_of_others(
        string name, params string[] expected)
    {
        Need();
        using ZipArchive package = feed.Open(name);
        var dependencies = SpecificationIn(package, name).Descendants()
            .Where(static element => element.Name.LocalName == "dependency")
            .ToDictionary(static one => one.Attribute("id")!.Value, static one => one.Attribute("version")!.Value);
        Assert.Equal(expected, dependencies.Keys.Order(StringComparer.Ordinal));
        foreach (var (id, version) in dependencies)
        {
            if (LocalFeed.Packages.Contains(id)) Assert.Equal($"[{LocalFeed.Version}]", version);
            else Assert.Matches(@"^\[[0-9.]+, ([0-9.]+)?\)$|^[0-9.]+$", version);
        }
    }

    [Fact]
    public void The_C_library_and_the_packages_have_one_version() => Assert.Contains(
        $"\nCONCORD_{Version.Parse(LocalFeed.Version).ToString(2)} {{\n",
        File.ReadAllText(Path.Combine(Repository.Root, "src", "Concord.Native", "concord.map")),
        StringComparison.Ordinal);

    [Fact]
    public void The_tool_installs_from_the_feed_into_an_empty_folder_and_works()
    {
        Need();
        string tool = feed.InstallTool("tool");
        string folder = feed.NewFolder("files");
        string path = Path.Combine(folder, "file");
        File.WriteAllBytes(path, new byte[5000]);
        Assert.StartsWith(LocalFeed.Version, feed.Run(folder, tool, "--version"), StringComparison.Ordinal);
        if (!SystemFile.IsSupported) return;
        using JsonDocument document = JsonDocument.Parse(feed.Run(folder, tool, "load", "--json", path));
        Assert.Equal(5000, document.RootElement.GetProperty("files")[0].GetProperty("size").GetInt64());
    }

    [Fact]
    public void The_tool_starts_within_one_and_a_half_times_an_empty_program()
    {
        Assert.SkipUnless(TestRun.IsFull, SkipPolicy.FullRun + "starting is measured there");
        Need();
        string tool = feed.InstallTool("measured-tool");
        string empty = EmptyProgram.Publish(feed);
        string file = Path.Combine(feed.NewFolder("measured"), "file");
        File.WriteAllBytes(file, new byte[5000]);
        foreach (string[] args in (string[][])[["--version"], ["status", file]])
        {
            double ratio = Interleaved.MedianRatio(rounds: 21, () => { }, (tool, args), (empty, []));
            string what = $"concord {args[0]}, against an empty program";
            Figures.Record("start", what, $"{ratio:F2} times", $"{RatioMax} at most");
            Assert.True(ratio <= RatioMax, $"concord {args[0]} takes {ratio:F2} times an empty program's start");
        }
    }

    [Fact]
    public void Many_files_take_at_most_one_and_a_half_times_what_vmtouch_takes()
    {
        Assert.SkipUnless(TestRun.IsFull, SkipPolicy.FullRun + "many files are measured there");
        Assert.SkipUnless(File.Exists(Interleaved.VmTouch), "vmtouch is not installed");
        Need();
        string tool = feed.InstallTool("many-tool");
        string folder = feed.NewFolder("many");
        Cli.ManyFiles.Make(folder, 100_000);
        double status = Interleaved.MedianRatio(
            rounds: 9, () => { }, (tool, ["status", folder]), (Interleaved.VmTouch, [folder]));
        string most = $"{RatioMax} at most";
        Figures.Record("files", "status of 100,000 files, against vmtouch", $"{status:F2} times", most);
        Assert.True(status <= RatioMax, $"status takes {status:F2} times what vmtouch takes");

        feed.Run(folder, tool, "flush", folder);
        string peer = $"find '{folder}' -type f -print0 | xargs -0 sync -d && {Interleaved.VmTouch} -q -e '{folder}'";
        double purge = Interleaved.MedianRatio(
            rounds: 5,
            () => feed.Run(folder, tool, "load", folder),
            (tool, ["purge", folder]),
            ("/bin/sh", ["-c", peer]));
        Figures.Record("files", "purge of 100,000 clean files, against fdatasync + vmtouch -e", $"{purge:F2} times",
            most);
        Assert.True(purge <= RatioMax, $"purge takes {purge:F2} times what fdatasync and vmtouch -e take");
    }

    private static XElement SpecificationIn(ZipArchive package, string name)
    {
        using Stream stream = package.GetEntry($"{name}.nuspec")!.Open();
        return XElement.Load(stream);
    }

    private static XElement? Child(XElement specification, string name) =>
        specification.Descendants().FirstOrDefault(element => element.Name.LocalName == name);

    private void Need() => Assert.SkipUnless(feed.SkipReason is null, feed.SkipReason ?? "");
}
