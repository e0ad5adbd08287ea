using System.Diagnostics;
using System.Text.Json;

namespace Concord.Tests.Benchmarks;

/// <summary>The benchmark program itself, as somebody would start it.</summary>
[Collection(SideBySide.Children)]
public class RunTests
{
    [Fact]
    public void A_quick_run_measures_the_file_and_prints_json()
    {
        Assert.SkipUnless(SystemFile.IsSupported, SystemFile.UnsupportedReason ?? "");

        (int exitCode, string output, string error) = Start("SystemFile", "--quick", "--rounds", "9", "--json");

        Assert.True(exitCode is 0 or 1, error);
        using JsonDocument json = JsonDocument.Parse(output);
        JsonElement goal = json.RootElement.GetProperty("goals")[0];
        Assert.Equal("SystemFile", goal.GetProperty("name").GetString());
        if (goal.TryGetProperty("notMeasured", out JsonElement reason)) Assert.Skip(reason.GetString()!);

        JsonElement unmapped = goal.GetProperty("comparisons")[0].GetProperty("rivals");
        Assert.Equal(9, unmapped[0].GetProperty("slices").GetArrayLength());
        Assert.Equal("fdatasync + fadvise", unmapped[1].GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("no goal is called 'P99'", "P99")]
    [InlineData("--rounds must be 9 or more", "--rounds", "3")]
    [InlineData("leave out names and --quick", "P1", "--docs")]
    [InlineData("there is no directory", "SystemFile", "--directory", "/nowhere/at/all")]
    public void A_mistake_on_the_command_line_is_named(string message, params string[] args)
    {
        (int exitCode, string output, string error) = Start(args);

        Assert.NotEqual(0, exitCode);
        Assert.Contains(message, output + error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_list_names_every_goal()
    {
        (int exitCode, string output, _) = Start("list");

        Assert.Equal(0, exitCode);
        Assert.All(Concord.Benchmarks.Goals.GoalList.All,
            goal => Assert.Contains(goal.Name, output, StringComparison.Ordinal));
        Assert.DoesNotContain('\u001b', output);
    }

    private static (int ExitCode, string Output, string Error) Start(params string[] args)
    {
        string program = Path.ChangeExtension(typeof(Concord.Benchmarks.Goals.GoalList).Assembly.Location, ".dll");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(program);
        foreach (string arg in args) start.ArgumentList.Add(arg);
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
