using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using ColdRead;

namespace Concord.Tests.BenchmarkDotNet;

/// <summary>
/// The sample as its reader starts it: BenchmarkDotNet builds a program for it and runs each benchmark in a process.
/// </summary>
public partial class SampleProgramTests
{
    [Fact]
    public void In_processes_of_its_own_the_sample_shows_cold_reads_at_least_twice_as_slow()
    {
        Assert.SkipUnless(TestRun.IsFull, SkipPolicy.FullRun + "builds a project of its own for half a minute");
        Assert.SkipUnless(ProcessorCache.IsSupported, ProcessorCache.UnsupportedReason ?? "");

        string output = RunSample(Repository.Root);

        Match cold = ColdRow().Match(output);
        Assert.True(cold.Success, output);
        Assert.True(double.Parse(cold.Groups["ratio"].Value, CultureInfo.InvariantCulture) >= 2, output);
    }

    private static string RunSample(string repository)
    {
        string artifacts = Directory.CreateTempSubdirectory("concord-sample-").FullName;
        try
        {
            var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, WorkingDirectory = repository };
            foreach (string arg in (string[])[typeof(Reads).Assembly.Location, "--filter", "*", "--job", "short",
                "--artifacts", artifacts])
                start.ArgumentList.Add(arg);
            using Process process = Process.Start(start)!;
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return output;
        }
        finally
        {
            Directory.Delete(artifacts, recursive: true);
        }
    }

    [GeneratedRegex(@"^\| Cold .*\|\s*(?<ratio>[0-9.]+) \|\s*[0-9.]+ \|\s*$", RegexOptions.Multiline)]
    private static partial Regex ColdRow();
}
