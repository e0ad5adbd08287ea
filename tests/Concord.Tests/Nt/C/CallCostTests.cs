using System.Globalization;

namespace Concord.Tests.Nt.C;

/// <summary>What a call from C costs, against an empty function that .NET exports, compiled ahead of time.</summary>
[Collection(nameof(NativeCollection))]
public sealed class CallCostTests(NativePackage package)
{
    /// <summary>The most that the way into a routine may cost, in costs of the empty function.</summary>
    private const double RatioMax = 1.2;

    [Fact]
    public void The_way_into_a_routine_costs_little_more_than_an_empty_function_of_NET()
    {
        NativePackage.Need();
        string program = package.Compile(
            "cost.c", $"-I{CCompiler.Sources}/src", $"{CCompiler.Sources}/src/gate.c");
        string empty = PublishEmpty(), file = Path.Combine(package.NewFolder("files"), "cost");
        var lines = package.RunHere(program, empty, file).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => line.Split(' ')).ToDictionary(static parts => parts[0]);
        Assert.Equal("1.00", lines["empty"][2]);
        foreach (var (name, parts) in lines)
        {
            Figures.Record(
                "C", name == "way" ? "the way into a routine" : $"a call of {name}",
                $"{parts[1]} ns, {parts[2]} of empty",
                name == "way" ? $"{RatioMax} at most" : "");
        }

        Assert.InRange(double.Parse(lines["way"][2], CultureInfo.InvariantCulture), 0, RatioMax);
    }

    /// <summary>A library that exports one empty function, compiled with the options of ours.</summary>
    private string PublishEmpty()
    {
        string folder = package.NewFolder("empty");
        File.WriteAllText(Path.Combine(folder, "Empty.csproj"), """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <PublishAot>true</PublishAot>
                <NativeLib>Shared</NativeLib>
                <CppCompilerAndLinker>gcc</CppCompilerAndLinker>
                <OptimizationPreference>Speed</OptimizationPreference>
                <EventSourceSupport>false</EventSourceSupport>
                <ConcurrentGarbageCollection>false</ConcurrentGarbageCollection>
              </PropertyGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(folder, "Empty.cs"), """
            using System.Runtime.InteropServices;

            public static class Exports
            {
                [UnmanagedCallersOnly(EntryPoint = "empty")]
                public static int Empty() => 0;
            }
            """);
        string output = Path.Combine(folder, "out");
        NativePackage.RunDotnet(
            "dotnet", "publish", Path.Combine(folder, "Empty.csproj"), "-c", "Release", "-r", "linux-x64", "-o", output,
            "-v", "quiet", "-nologo");
        return Path.Combine(output, "Empty.so");
    }
}
