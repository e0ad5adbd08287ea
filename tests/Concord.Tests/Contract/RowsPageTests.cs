namespace Concord.Tests.Contract;

public sealed class RowsPageTests
{
    private static readonly IReadOnlyList<ContractRow> Rows =
    [
        new(1, "a dirty page", "purged", "in the store", ""),
        new(2, "a clean page", "purged", "gone", ""),
        new(3, "a device", "asked", "answers", "there is no such device"),
    ];

    private static readonly string Results = Xml(("Proves_it", "Pass", 1), ("Proves_nothing", "Pass", 0));

    [Fact]
    public void The_contract_has_its_108_rows_and_each_says_something()
    {
        Assert.Equal(108, ContractRow.All.Count);
        Assert.All(ContractRow.All,
            row => Assert.False(string.IsNullOrWhiteSpace(row.Given + row.When) || row.Then.Length == 0));
    }

    [Fact]
    public void Rows_are_proved_not_yet_or_excused()
    {
        string page = RowsPage.Generate(Rows, RunResults.Parse(Results));
        Assert.Contains("| in the store | proved by `SampleTests.Proves_it` |\n", page, StringComparison.Ordinal);
        Assert.Contains("| gone | not yet |\n", page, StringComparison.Ordinal);
        Assert.Contains("| answers | excused: there is no such device |\n", page, StringComparison.Ordinal);
        Assert.Contains("1 of 3 rows are proved.", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_made_by_the_same_run_is_current() =>
        Assert.Equal(TestVerdict.Passed, Check(Results, RowsPage.Generate(Rows, RunResults.Parse(Results))).Result);

    [Fact]
    public void A_page_that_lacks_a_new_proof_is_stale_and_the_row_is_named()
    {
        string page = RowsPage.Generate(Rows, RunResults.Parse(Results));
        var check = Check(Xml(("Proves_it", "Pass", 1), ("Proves_two", "Pass", 2)), page);
        Assert.Equal(TestVerdict.Failed, check.Result);
        Assert.Contains("stale for 1 rows (2)", check.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_that_claims_a_proof_whose_test_is_gone_is_stale()
    {
        string page = RowsPage.Generate(Rows, RunResults.Parse(Results));
        Assert.Contains("rows (1)", Check(Xml(("Other", "Pass", 0)), page).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void No_page_is_stale() => Assert.Equal(TestVerdict.Failed, Check(Results, "").Result);

    [Fact]
    public void A_row_whose_test_is_skipped_here_may_stay_proved() =>
        Assert.Equal(
            TestVerdict.Passed,
            Check(Xml(("Proves_it", "Skip", 1)), RowsPage.Generate(Rows, RunResults.Parse(Results))).Result);

    [Theory]
    [InlineData("Fail", "not yet: SampleTests.Proves_it fails")]
    [InlineData("Skip", "not yet: SampleTests.Proves_it was skipped")]
    public void A_test_that_did_not_pass_proves_nothing(string result, string status) =>
        Assert.Contains(status, RowsPage.Generate(Rows, RunResults.Parse(Xml(("Proves_it", result, 1)))),
            StringComparison.Ordinal);

    [Fact]
    public void A_row_is_not_proved_while_one_of_its_tests_fails() =>
        Assert.Contains(
            "0 of 3", RowsPage.Generate(Rows, RunResults.Parse(Xml(("A", "Pass", 1), ("B", "Fail", 1)))),
            StringComparison.Ordinal);

    [Fact]
    public void A_row_that_the_contract_does_not_have_is_refused() =>
        Assert.Contains("there are rows 1 to 3", Check(Xml(("A", "Pass", 9)), "").Reason, StringComparison.Ordinal);

    [Theory]
    [InlineData("row\n1\ta\tb\tc", "five columns")]
    [InlineData("row\n2\ta\tb\tc\t", "out of order")]
    public void A_broken_table_of_rows_is_refused(string table, string why) =>
        Assert.Contains(why, Assert.Throws<FormatException>(() => ContractRow.Parse(table)).Message,
            StringComparison.Ordinal);

    private static TestOutcome Check(string results, string page) =>
        RowsPage.Check(Rows, RunResults.Parse(results), page);

    private static string Xml(params (string Method, string Result, int Row)[] tests) =>
        $"""
        <assemblies><assembly><collection>
        {string.Concat(tests.Select(test => $"""
            <test name="Concord.Tests.SampleTests.{test.Method}" type="Concord.Tests.SampleTests"
                method="{test.Method}" result="{test.Result}">
              {(test.Row > 0 ? $"""<traits><trait name="Row" value="{test.Row}" /></traits>""" : "")}
            </test>
            """))}
        </collection></assembly></assemblies>
        """;
}
