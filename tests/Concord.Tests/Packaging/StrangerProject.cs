namespace Concord.Tests.Packaging;

/// <summary>A new project outside the repository, as somebody writes it who has nothing but the packages.</summary>
internal sealed class StrangerProject
{
    private readonly LocalFeed _feed;

    private StrangerProject(LocalFeed feed, string folder, string[] references)
    {
        _feed = feed;
        Folder = folder;
        File.WriteAllText(Path.Combine(folder, "stranger.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <AllowUnsafeBlocks>true</AllowUnsafeBlocks>
              </PropertyGroup>
              <ItemGroup>{string.Concat(references)}</ItemGroup>
            </Project>
            """);
    }

    /// <summary>Where it lies.</summary>
    internal string Folder { get; }

    /// <summary>A reference to a package; without a version, to ours.</summary>
    internal static string Reference(string package, string? version = null) =>
        $"""<PackageReference Include="{package}" Version="{version ?? LocalFeed.Version}" />""";

    /// <summary>Makes a project that knows only what is ours and what this machine has fetched already.</summary>
    internal static StrangerProject Make(LocalFeed feed, string name, params string[] references) =>
        new(feed, feed.NewFolder(name), references);

    /// <summary>Makes a project that may fetch what publishing asks for.</summary>
    internal static StrangerProject MakeOpen(LocalFeed feed, string name, params string[] references) =>
        new(feed, feed.NewOpenFolder(name), references);

    /// <summary>Writes a file of the project.</summary>
    internal StrangerProject With(string file, string text)
    {
        File.WriteAllText(Path.Combine(Folder, file), text);
        return this;
    }

    /// <summary>Builds and runs it, and returns what it said.</summary>
    internal string Run(params string[] args) => Dotnet(["run", "-c", "Release", .. args]);

    /// <summary>Runs the SDK in it.</summary>
    internal string Dotnet(params string[] args) => _feed.Run(Folder, "dotnet", args);
}
