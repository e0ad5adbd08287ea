using System.Runtime.InteropServices;

namespace Concord.Tests.Packaging;

/// <summary>A stranger's program is published in each way: no warning, and what it does stays the same.</summary>
[Collection(nameof(FeedCollection))]
public sealed class PublishedStrangerTests(LocalFeed feed)
{
    [Theory]
    [InlineData(
        "trimmed and compiled", "-p:PublishTrimmed=true", "-p:TrimMode=full", "-p:PublishReadyToRun=true",
        "--self-contained")]
    [InlineData("one file", "-p:PublishSingleFile=true", "--self-contained", "false")]
    [InlineData("ahead of time", "-p:PublishAot=true", "-p:CppCompilerAndLinker=gcc")]
    public void A_program_is_published_without_a_warning_and_runs(string way, params string[] options)
    {
        Assert.SkipUnless(TestRun.IsPackages, SkipPolicy.PackagesRun + "publishes programs for a while");
        Assert.SkipUnless(feed.SkipReason is null, feed.SkipReason ?? "");
        if (way == "ahead of time") Nt.C.CCompiler.SkipWithout("gcc");
        StrangerProject project = StrangerProject.MakeOpen(
            feed, "published " + way, StrangerProject.Reference("Concord.Nt"),
            StrangerProject.Reference("Concord.Testing")).With("Program.cs", StrangerPrograms.All);
        project.Dotnet([
            "publish", "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "-o", "out", "-warnaserror",
            "-p:TreatWarningsAsErrors=true", "-p:TrimmerSingleWarn=false", .. options]);
        string program = Path.Combine(project.Folder, "out", OperatingSystem.IsWindows() ? "stranger.exe" : "stranger");
        StrangerPrograms.AssertAllRan(feed.Run(project.Folder, program));
    }
}
