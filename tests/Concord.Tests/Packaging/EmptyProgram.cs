using System.Runtime.InteropServices;

namespace Concord.Tests.Packaging;

/// <summary>The yardstick of starting: a program that does nothing, compiled ahead of time.</summary>
internal static class EmptyProgram
{
    private const string ProjectText = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <InvariantGlobalization>true</InvariantGlobalization>
            <PublishReadyToRun>true</PublishReadyToRun>
            <SelfContained>false</SelfContained>
          </PropertyGroup>
        </Project>
        """;

    /// <summary>Publishes it and returns its path.</summary>
    internal static string Publish(LocalFeed feed)
    {
        // Outside the feed's folder, whose configuration knows no compiler for ahead of time.
        string folder = Directory.CreateTempSubdirectory("concord-empty-").FullName;
        File.WriteAllText(Path.Combine(folder, "empty.csproj"), ProjectText);
        File.WriteAllText(Path.Combine(folder, "Program.cs"), "return 0;");
        string output = feed.NewFolder("empty");
        string runtime = RuntimeInformation.RuntimeIdentifier;
        LocalFeed.RunInRepository("dotnet", "publish", folder, "-c", "Release", "-r", runtime, "-o", output);
        Directory.Delete(folder, recursive: true);
        return Path.Combine(output, OperatingSystem.IsWindows() ? "empty.exe" : "empty");
    }
}
