using System.IO.Compression;
using System.Xml.Linq;

namespace Concord.Tests.Packaging;

/// <summary>
/// Packages as a release makes them: from a clone whose remote everybody can reach. The library's sources, copied into
/// two repositories of their own, are packed in both.
/// </summary>
[Collection(nameof(FeedCollection))]
public sealed class ReleasedTests : IDisposable
{
    private const string Address = "https://github.com/example/concord";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("concord-released-");

    [Fact]
    public void A_release_names_its_repository_and_its_sources_and_is_the_same_wherever_it_is_packed()
    {
        Assert.SkipUnless(TestRun.IsPackages, SkipPolicy.PackagesRun + "builds the library twice");
        string one = MakeRepository("one"), other = MakeRepository("other/below");
        string revision = Git(one, "rev-parse", "HEAD");
        using ZipArchive package = Pack(one), again = Pack(other);

        XElement specification = SpecificationIn(package);
        XElement repository = Child(specification, "repository");
        Assert.Equal("git", repository.Attribute("type")?.Value);
        Assert.Equal(Address, repository.Attribute("url")?.Value);
        Assert.Equal(revision, repository.Attribute("commit")?.Value);
        Assert.Equal(Address, Child(specification, "projectUrl").Value);

        using ZipArchive symbols = ZipFile.OpenRead(Directory.GetFiles(Path.Combine(one, "out"), "*.snupkg").Single());
        string sources = PackagedAssembly.SourcesOfSymbols(symbols.GetEntry("lib/net10.0/Concord.pdb")!) ?? "";
        Assert.Contains(
            $"\"/_/*\":\"https://raw.githubusercontent.com/example/concord/{revision}/*\"", sources,
            StringComparison.Ordinal);

        const string Library = "lib/net10.0/Concord.dll";
        Assert.Equal(Bytes(package.GetEntry(Library)!), Bytes(again.GetEntry(Library)!));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    // Two repositories of the same name, dates and content have the same revision.
    private string MakeRepository(string name)
    {
        string folder = _folder.CreateSubdirectory(name).FullName;
        foreach (string file in (string[])[
            "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "global.json",
            "CHANGELOG.md", "LICENSE", ".editorconfig", ".gitignore", "docs/site/icon.png"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, file))!);
            File.Copy(Path.Combine(Repository.Root, file), Path.Combine(folder, file));
        }

        string sources = Path.Combine(Repository.Root, "src", "Concord");
        foreach (string file in Directory.GetFiles(sources, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(folder, Path.GetRelativePath(Repository.Root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        Git(folder, "init", "--quiet");
        Git(folder, "remote", "add", "origin", Address);
        Git(folder, "add", "--all");
        Git(folder, "commit", "--quiet", "--message", "all of it");
        return folder;
    }

    private static ZipArchive Pack(string folder)
    {
        LocalFeed.RunOutside(
            folder, "dotnet", "pack", "src/Concord", "-c", "Release", "-o", "out", "-v", "q", "-p:PackedRuntimes=any",
            "-p:ContinuousIntegrationBuild=true");
        return ZipFile.OpenRead(Directory.GetFiles(Path.Combine(folder, "out"), "*.nupkg").Single());
    }

    private static string Git(string folder, params string[] arguments) => Nt.C.CCompiler.Run(
        "git", ["-C", folder, "-c", "user.name=nobody", "-c", "user.email=nobody@example.org", .. arguments],
        ("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z"), ("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z")).Trim();

    private static XElement SpecificationIn(ZipArchive package)
    {
        using Stream stream = package.GetEntry("Concord.nuspec")!.Open();
        return XElement.Load(stream);
    }

    private static XElement Child(XElement specification, string name) =>
        specification.Descendants().Single(element => element.Name.LocalName == name);

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
