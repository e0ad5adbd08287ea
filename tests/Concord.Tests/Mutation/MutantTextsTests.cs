namespace Concord.Tests.Mutation;

/// <summary>What is written down under <c>tests/Mutants</c>.</summary>
public sealed class MutantTextsTests
{
    [Fact]
    public void Each_row_of_the_table_has_a_fault_or_says_why_not() => Assert.Empty(BugRows.WithoutFault);

    [Fact]
    public void A_fault_that_names_a_row_means_one_row_of_the_table()
    {
        string[] rows = [.. BugRows.Meant];
        Assert.NotEmpty(rows);
        Assert.DoesNotContain(rows, static row => BugRows.All.Count(
            it => it.What.StartsWith(row, StringComparison.Ordinal)) != 1);
    }

    [Fact]
    public void A_fault_that_names_a_file_goes_into_that_files_assembly()
    {
        var named = Assert.Single(MutantTexts.Parse("[a] masks: b\nfile src/Concord.Nt/NtPins.cs\n- d\n+ e"));
        Assert.Equal(("Concord.Nt", "NtPins"), (named.Project, named.Type));
        Assert.Equal("Concord", Assert.Single(MutantTexts.Parse("[a] masks: b\ntype C\n- d\n+ e")).Project);
    }

    [Fact]
    public void A_row_without_a_fault_is_no_fault()
    {
        string text = """
            [first] epochs: a load publishes old bytes
            type Extent
            - load.Epoch == Epoch
            + true

            [second] none: nobody can show it
            row A row
            """;

        var only = Assert.Single(MutantTexts.Parse(text));

        Assert.Equal(("first", "epochs", "load.Epoch == Epoch", "true"),
            (only.Name, only.Kind, only.Search, only.Replacement));
    }
}
