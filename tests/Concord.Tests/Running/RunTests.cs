using System.Diagnostics;
using Concord.Tests.Contract;

namespace Concord.Tests.Running;

/// <summary>The test program itself: what it reads, counts and says.</summary>
public sealed class RunTests
{
    private const string Results = """
        <assemblies><assembly passed="1" failed="1" skipped="1" not-run="1" errors="1">
          <errors><error type="assembly-cleanup" name="Concord.Tests">
            <failure><message>cleanup broke</message></failure></error></errors>
          <collection>
            <test name="A.B.Good" type="A.B" method="Good" result="Pass" time="1.25">
              <traits><trait name="Row" value="36" /><trait name="Row" value="35" />
                <trait name="Other" value="x" /></traits>
              <attachments>
                <attachment name="figure R10: slow reloads"><![CDATA[R10	slow reloads	99.7%	at least 99%]]></attachment>
                <attachment name="something else">x	y</attachment></attachments>
            </test>
            <test name="A.B.Bad" type="A.B" method="Bad" result="Fail">
              <failure><message>it is wrong</message></failure></test>
            <test name="A.B.Off" type="A.B" method="Off" result="Skip">
              <reason>other system: only Linux has it</reason></test>
            <test name="A.B.Never" type="A.B" method="Never" result="NotRun" />
          </collection></assembly></assemblies>
        """;

    [Fact]
    public void Results_are_read_with_rows_reasons_figures_and_errors_outside_tests()
    {
        var outcomes = RunResults.Parse(Results);
        Assert.Equal(["A.B.Good", "A.B.Bad", "A.B.Off", "assembly-cleanup Concord.Tests"],
            outcomes.Select(outcome => outcome.Name));
        Assert.Equal([35, 36], outcomes[0].Rows);
        Assert.Equal([new Figure("R10", "slow reloads", "99.7%", "at least 99%")], outcomes[0].Figures);
        Assert.Equal([1.25, 0], outcomes.Take(2).Select(outcome => outcome.Seconds));
        Assert.Equal("it is wrong", outcomes[1].Reason);
        Assert.Equal("other system: only Linux has it", outcomes[2].Reason);
        Assert.Equal("cleanup broke", outcomes[3].Reason);
    }

    [Fact]
    public void The_report_ends_with_the_totals()
    {
        using var output = new StringWriter { NewLine = "\n" };
        TestReport.Write(output, RunResults.Parse(Results), isFull: true, TimeSpan.FromSeconds(61.5));
        string report = output.ToString();
        Assert.EndsWith("\n1 passed, 2 failed, 1 skipped\n", report, StringComparison.Ordinal);
        Assert.Contains("full run, 61.5 s", report, StringComparison.Ordinal);
        Assert.Contains("R10  slow reloads     99.7%  at least 99%", report, StringComparison.Ordinal);
        Assert.Contains("other system: only Linux has it\n      A.B.Off", report, StringComparison.Ordinal);
    }

    [Fact]
    public void The_report_names_the_dearest_tests_of_a_long_run()
    {
        TestOutcome[] outcomes =
        [
            .. Enumerable.Range(1, 30).Select(static number =>
                new TestOutcome($"A.B.Test{number}", "A.B", "Test", TestVerdict.Passed, "", [], [], Seconds: number))
        ];
        using var output = new StringWriter { NewLine = "\n" };
        TestReport.Write(output, outcomes, isFull: false, TimeSpan.FromSeconds(500));
        string report = output.ToString();
        Assert.Contains("The 20 dearest tests, 410.0 of 465.0 s:\n    30.0 s  A.B.Test30\n", report,
            StringComparison.Ordinal);
        Assert.Contains("A.B.Test11\n", report, StringComparison.Ordinal);
        Assert.DoesNotContain("A.B.Test10\n", report, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SkipPolicy.OtherSystem + "only Linux has it", TestVerdict.Skipped)]
    [InlineData(SkipPolicy.OtherProcessor + "no clwb", TestVerdict.Skipped)]
    [InlineData(SkipPolicy.OrdinaryUser + "root may do anything", TestVerdict.Skipped)]
    [InlineData("needs cachestat", TestVerdict.Failed)]
    [InlineData("no reason given", TestVerdict.Failed)]
    public void Only_named_categories_may_be_skipped_where_none_are_expected(string reason, TestVerdict expected)
    {
        TestOutcome[] skipped = [new("t", "T", "t", TestVerdict.Skipped, reason, [], [])];
        Assert.Equal(expected, SkipPolicy.Judge(skipped, isNoSkips: true).Single().Result);
        Assert.Equal(TestVerdict.Skipped, SkipPolicy.Judge(skipped, isNoSkips: false).Single().Result);
    }

    [Fact]
    public void A_runner_that_leaves_no_results_failed_and_the_last_test_is_named()
    {
        string note = Path.GetTempFileName();
        File.WriteAllText(note, "A.B.Crashes");
        var outcome = RunnerProcess.Judge(results: note + ".absent", lastStarted: note, exitCode: 139).Single();
        File.Delete(note);
        Assert.Equal(TestVerdict.Failed, outcome.Result);
        Assert.Contains("exit code 139", outcome.Reason, StringComparison.Ordinal);
        Assert.EndsWith("A.B.Crashes", outcome.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<assemblies><assembly /></assemblies>", 0, "the run has tests")]
    [InlineData("""<assemblies><test name="A" type="A" method="A" result="Pass" /></assemblies>""", 1,
        "the runner ends well")]
    public void A_run_without_tests_or_with_an_unexplained_exit_code_failed(string xml, int exitCode, string check)
    {
        string results = Path.GetTempFileName();
        File.WriteAllText(results, xml);
        var outcomes = RunnerProcess.Judge(results, lastStarted: "", exitCode);
        File.Delete(results);
        Assert.Equal(check, outcomes.Single(outcome => outcome.Result == TestVerdict.Failed).Name);
    }

    [Fact]
    public void Switches_are_taken_out_and_the_rest_goes_to_the_runner()
    {
        Assert.True(RunArguments.TryParse(["--full", "-class", "X", "-xml", "file.xml"], out var arguments, out _));
        Assert.True(arguments.IsFull);
        Assert.True(arguments.IsFiltered);
        Assert.Equal(["-class", "X", "-xml", "file.xml"], arguments.Runner);
        Assert.Equal("file.xml", arguments.ResultsFile);
    }

    [Fact]
    public void Started_by_the_runtimes_own_starter_it_says_what_to_start_instead()
    {
        string[] args = [typeof(RunTests).Assembly.Location, "-class", "Nothing"];
        var start = new ProcessStartInfo("dotnet", args)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(2, process.ExitCode);
        Assert.Contains("'dotnet run --project tests/Concord.Tests -c Release'", said, StringComparison.Ordinal);
        Assert.Null(TestRun.Advice(Environment.ProcessPath));
    }

    [Theory]
    [InlineData("there is no switch '--ful'", "--ful")]
    [InlineData("--rows needs a run of all tests", "--rows", "-namespace-", "Concord.Tests.House")]
    public void Switches_that_mean_nothing_are_refused(string expected, params string[] args)
    {
        Assert.False(RunArguments.TryParse(args, out _, out string? error));
        Assert.StartsWith(expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("@@", "response.txt")]
    [InlineData("-automated", "sync")]
    [InlineData("--server")]
    public void Adapters_talk_to_the_runner_itself(params string[] args) =>
        Assert.True(TestRun.IsAskedByAnotherRunner(args));

    [Fact]
    public void A_recorded_figure_is_attached_to_its_test()
    {
        Figures.Record("house", "rows in the contract", $"{ContractRow.All.Count}", "108");
        Assert.Contains(
            TestContext.Current.Attachments!, attachment => attachment.Key == "figure house: rows in the contract");
    }

    [Fact]
    public void A_figure_with_a_tab_is_refused() =>
        Assert.Throws<ArgumentException>(() => Figures.Record("house", "a\tb", "1", "1"));
}
