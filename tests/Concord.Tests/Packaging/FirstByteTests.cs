using System.Globalization;
using System.Runtime.InteropServices;

namespace Concord.Tests.Packaging;

/// <summary>How soon a program that has just started reads a byte from the cache.</summary>
[Collection(nameof(FeedCollection))]
public sealed class FirstByteTests(LocalFeed feed)
{
    private const int Rounds = 7;
    private const double RatioMax = 0.7;

    private const string Program = """
        using System.Diagnostics;
        using Concord;

        long begin = Stopwatch.GetTimestamp();
        using var cache = new FileCache();
        using var file = cache.Open("data");
        byte[] one = new byte[1];
        file.Read(0, one);
        file.Read(0, one);
        double milliseconds = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        Console.WriteLine(milliseconds.ToString("F3", System.Globalization.CultureInfo.InvariantCulture));
        """;

    [Fact]
    public void The_compiled_library_gives_the_first_byte_sooner_than_the_portable_one()
    {
        Assert.SkipUnless(TestRun.IsPackages, SkipPolicy.PackagesRun + "compiles the libraries for this machine");
        Assert.SkipUnless(feed.SkipReason is null, feed.SkipReason ?? "");
        StrangerProject project = StrangerProject.Make(feed, "first byte", StrangerProject.Reference("Concord"))
            .With("Program.cs", Program).With("data", "bytes");
        project.Dotnet("build", "-c", "Release", "-o", "compiled");

        // The same program, but that the portable library lies where the runtime looks for the compiled one.
        string compiled = Path.Combine(project.Folder, "compiled"), portable = Path.Combine(project.Folder, "portable");
        foreach (string file in Directory.GetFiles(compiled, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(portable, Path.GetRelativePath(compiled, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        string runtime = RuntimeInformation.RuntimeIdentifier;
        File.Copy(
            Path.Combine(portable, "Concord.dll"),
            Path.Combine(portable, "runtimes", runtime, "lib", "net10.0", "Concord.dll"), overwrite: true);

        List<double> ratios = [], first = [], second = [];
        for (int i = 0; i <= Rounds; i++)
        {
            double sooner = Milliseconds(compiled), later = Milliseconds(portable);
            if (i == 0) continue;
            first.Add(sooner);
            second.Add(later);
            ratios.Add(sooner / later);
        }

        double ratio = Median(ratios);
        Figures.Record(
            "start", "first cached byte, the compiled library against the portable one",
            string.Create(CultureInfo.InvariantCulture,
                $"{ratio:F2} times ({Median(first):F0} ms against {Median(second):F0} ms)"),
            $"{RatioMax} at most");
        Assert.True(ratio <= RatioMax, $"the compiled library takes {ratio:F2} times what the portable one takes");

        double Milliseconds(string folder) => double.Parse(
            feed.Run(project.Folder, "dotnet", Path.Combine(folder, "stranger.dll")), CultureInfo.InvariantCulture);
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
