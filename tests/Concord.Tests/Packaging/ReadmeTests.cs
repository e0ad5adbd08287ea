using System.IO.Compression;
using System.Text.RegularExpressions;

namespace Concord.Tests.Packaging;

/// <summary>
/// What the page in a package shows works: its C#, as it stands there, is a program of whoever has the package.
/// </summary>
[Collection(nameof(FeedCollection))]
public sealed partial class ReadmeTests(LocalFeed feed)
{
    // What the page of Concord.Testing leaves to its reader.
    private const string OwnStore = """
        using Concord;

        internal sealed class MyStore : BackingStore
        {
            private readonly MemoryStore _bytes = new();

            public override long GetLength() => _bytes.GetLength();

            public override int Read(long offset, Memory<byte> destination) => _bytes.Read(offset, destination);

            public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces) =>
                _bytes.Write(offset, pieces);

            public override void Barrier() => _bytes.Barrier();

            public override void SetLength(long length) => _bytes.SetLength(length);
        }
        """;

    [Fact]
    public void The_programs_on_the_page_of_Concord_run()
    {
        Need();
        string[] programs = ProgramsOf("Concord");
        Assert.NotEmpty(programs);
        foreach (string program in programs)
        {
            StrangerProject project = StrangerProject.Make(
                feed, $"page of Concord {Array.IndexOf(programs, program)}", StrangerProject.Reference("Concord"))
                .With("Program.cs", program).With("data.db", "some bytes");
            if (program.Contains(nameof(SystemFile), StringComparison.Ordinal) && !SystemFile.IsSupported)
                project.Dotnet("build", "-c", "Release");
            else
                project.Run();
        }
    }

    [Fact]
    public void The_program_on_the_page_of_Concord_Nt_runs()
    {
        Need();
        Assert.SkipUnless(ProcessorCache.IsSupported, ProcessorCache.UnsupportedReason ?? "");
        StrangerProject.Make(feed, "page of Nt", StrangerProject.Reference("Concord.Nt"))
            .With("Program.cs", ProgramsOf("Concord.Nt").Single()).Run();
    }

    [Fact]
    public void The_tests_on_the_page_of_Concord_Testing_run_under_xunit()
    {
        Need();
        string said = StrangerProject.Make(
            feed, "page of Testing", StrangerProject.Reference("Concord.Testing"),
            StrangerProject.Reference("xunit.v3", VersionOf("xunit.v3")), """<Using Include="Xunit" />""")
            .With("MyStoreTests.cs", ProgramsOf("Concord.Testing").First()).With("MyStore.cs", OwnStore).Run();
        Assert.Matches(@"Total: [1-9][0-9]+, Errors: 0, Failed: 0", said);
    }

    [Fact]
    public void The_benchmark_on_the_page_of_Concord_BenchmarkDotNet_runs()
    {
        Need();
        Assert.SkipUnless(ProcessorCache.IsSupported, ProcessorCache.UnsupportedReason ?? "");
        string said = StrangerProject.Make(
            feed, "page of BenchmarkDotNet", StrangerProject.Reference("Concord.BenchmarkDotNet"),
            StrangerProject.Reference("BenchmarkDotNet", VersionOf("BenchmarkDotNet")))
            .With("Program.cs", ProgramsOf("Concord.BenchmarkDotNet").Single())
            .Run("--", "--job", "dry", "--inProcess");
        Assert.Contains("| Hot ", said, StringComparison.Ordinal);
        Assert.Contains("| Cold ", said, StringComparison.Ordinal);
    }

    private string[] ProgramsOf(string package)
    {
        using ZipArchive archive = feed.Open(package);
        using var reader = new StreamReader(archive.GetEntry("README.md")!.Open());
        return [.. CodeBlock().Matches(reader.ReadToEnd()).Select(static block => block.Groups["code"].Value)];
    }

    // The version that the repository itself builds with: it has been fetched.
    private static string VersionOf(string package) => Regex.Match(
        File.ReadAllText(Path.Combine(Repository.Root, "Directory.Packages.props")),
        $"Include=\"{Regex.Escape(package)}\" Version=\"\\[(?<version>[^\\]]+)\\]\"").Groups["version"].Value;

    private void Need()
    {
        Assert.SkipUnless(TestRun.IsPackages, SkipPolicy.PackagesRun + "builds a program for each page");
        Assert.SkipUnless(feed.SkipReason is null, feed.SkipReason ?? "");
    }

    [GeneratedRegex(@"^```csharp\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
