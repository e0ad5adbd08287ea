using System.IO.Compression;
using System.Text.Json;

namespace Concord.Tests.Packaging;

public class PackageTests(LocalFeed feed) : IClassFixture<LocalFeed>
{
    private const double RatioMax = 1.5;

    private const string ProgramText = """
        using Concord;
        byte[] bytes = new byte[4096];
        if (ProcessorCache.IsSupported) ProcessorCache.FlushAndInvalidate(bytes);
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, bytes);
        if (SystemFile.IsSupported)
        {
            using SystemFile file = SystemFile.Open(path);
            file.FlushAndPurge();
            Console.WriteLine(file.Query().Pages);
        }
        File.Delete(path);
        Console.WriteLine("used");
        """;

    private static readonly string ProjectText = $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="Concord" Version="{LocalFeed.Version}" />
          </ItemGroup>
        </Project>
        """;

    [Fact]
    public void Every_package_has_its_readme_and_licence()
    {
        Need();
        foreach (string name in (string[])["Concord", "Concord.Nt", "Concord.BenchmarkDotNet", "Concord.Cli"])
        {
            using ZipArchive package = ZipFile.OpenRead(Path.Combine(feed.FeedPath, $"{name}.{LocalFeed.Version}.nupkg"));
            Assert.NotNull(package.GetEntry("README.md"));
            using var reader = new StreamReader(package.GetEntry($"{name}.nuspec")!.Open());
            string specification = reader.ReadToEnd();
            Assert.Contains("<license type=\"expression\">MIT</license>", specification, StringComparison.Ordinal);
            Assert.Contains("<readme>README.md</readme>", specification, StringComparison.Ordinal);
            bool depends = specification.Contains("<dependency ", StringComparison.Ordinal);
            Assert.Equal(name is "Concord.Nt" or "Concord.BenchmarkDotNet", depends);
        }
    }

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
    public void The_library_installs_from_the_feed_into_an_empty_folder_and_works()
    {
        Need();
        string folder = feed.NewFolder("program");
        File.WriteAllText(Path.Combine(folder, "program.csproj"), ProjectText);
        File.WriteAllText(Path.Combine(folder, "Program.cs"), ProgramText);
        Assert.Contains("used", feed.Run(folder, "dotnet", "run"), StringComparison.Ordinal);
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
            Figures.Record("start", $"concord {args[0]}, against an empty program", $"{ratio:F2} times", $"{RatioMax} at most");
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
        Figures.Record("files", "status of 100,000 files, against vmtouch", $"{status:F2} times", $"{RatioMax} at most");
        Assert.True(status <= RatioMax, $"status takes {status:F2} times what vmtouch takes");

        feed.Run(folder, tool, "flush", folder);
        string peer = $"find '{folder}' -type f -print0 | xargs -0 sync -d && {Interleaved.VmTouch} -q -e '{folder}'";
        double purge = Interleaved.MedianRatio(
            rounds: 5, () => feed.Run(folder, tool, "load", folder), (tool, ["purge", folder]), ("/bin/sh", ["-c", peer]));
        Figures.Record("files", "purge of 100,000 clean files, against fdatasync + vmtouch -e", $"{purge:F2} times", $"{RatioMax} at most");
        Assert.True(purge <= RatioMax, $"purge takes {purge:F2} times what fdatasync and vmtouch -e take");
    }

    private void Need() => Assert.SkipUnless(feed.SkipReason is null, feed.SkipReason ?? "");
}
