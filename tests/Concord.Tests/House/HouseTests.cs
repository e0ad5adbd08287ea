namespace Concord.Tests.House;

/// <summary>The repository keeps its own rules. Each finding is a line: file, line number, what is wrong.</summary>
[Collection(SideBySide.Texts)]
public sealed class HouseTests
{
    [Fact]
    public void Layers_and_rooms_know_only_those_below_them() => None(LayerRule.Check(LibraryTypes.Repository));

    [Fact]
    public void Types_that_know_each_other_are_few_and_in_one_room() => None(CycleRule.Check(LibraryTypes.Repository));

    [Fact]
    public void Public_members_say_what_leaves_them_through_calls() =>
        None(ThrownThroughCallsRule.Check(HouseFiles.CSharp));

    [Fact]
    public void Public_members_say_whether_they_block() => None(HouseFiles.CSharp.SelectMany(BlockingRule.Check));

    [Fact]
    public void Each_change_of_a_mask_is_checked() => None(MaskRule.Check(HouseFiles.CSharp));

    [Fact]
    public void Imports_stand_under_Interop() => None(HouseFiles.CSharp.SelectMany(ImportRule.Check));

    [Fact]
    public void Files_and_methods_are_short() => None(HouseFiles.CSharp.SelectMany(LengthRule.Check));

    [Fact]
    public void Lines_have_at_most_120_characters() => None(HouseFiles.CSharp.SelectMany(LineRule.Check));

    [Fact]
    public void What_users_call_is_documented() => None(HouseFiles.CSharp.SelectMany(DocumentationRule.Check));

    [Fact]
    public void No_banned_call_is_made() => None(HouseFiles.CSharp.SelectMany(BannedCallRule.Check));

    [Fact]
    public void Each_exception_from_the_ban_is_still_needed_and_has_its_reason() => Assert.All(
        BannedCallRule.Exceptions,
        exception =>
        {
            Assert.NotEmpty(exception.Reason);
            Assert.Contains(HouseFiles.CSharp,
                file => file.Path == exception.Path && MemberUse.Find(file.Root, [exception.Call]).Any());
        });

    [Fact]
    public void No_catch_hides_an_error() => None(HouseFiles.CSharp.SelectMany(CatchRule.Check));

    [Fact]
    public void The_compiler_does_not_tell_systems_apart() => None(HouseFiles.CSharp.SelectMany(DirectiveRule.Check));

    [Fact]
    public void Types_are_named_for_what_they_are() => None(HouseFiles.CSharp.SelectMany(NameRule.Check));

    [Fact]
    public void Nothing_is_left_for_later() => None(HouseFiles.CSharp.SelectMany(UnfinishedRule.Check));

    [Fact]
    public void Text_is_clean() => None(HouseFiles.All.SelectMany(TextRule.Check));

    [Fact]
    public void Links_lead_somewhere() => None(
        HouseFiles.All.Where(file => file.Path.EndsWith(".md", StringComparison.Ordinal))
            .SelectMany(page => LinkRule.Check(page, HouseFiles.All)));

    [Fact]
    public void The_first_pages_lead_to_every_page() =>
        None(LinkRule.CheckReached(["README.md", "docs/README.md"], "docs", HouseFiles.All));

    [Fact]
    public void The_files_of_the_product_and_of_the_tests_are_looked_at()
    {
        Assert.Contains(HouseFiles.CSharp, file => file.Path == "src/Concord/Coherency/ByteRange.cs");
        Assert.Contains(HouseFiles.CSharp, file => file.Path == "tests/Concord.Tests/House/HouseTests.cs");
        Assert.DoesNotContain(HouseFiles.All, file => file.Path.Contains("/obj/", StringComparison.Ordinal)
            || file.IsIn("artifacts"));
        Figures.Record("house", "C# files read by the rules", $"{HouseFiles.CSharp.Count}", "all");
    }

    private static void None(IEnumerable<Finding> findings)
    {
        Finding[] all = [.. findings.OrderBy(finding => finding.Path, StringComparer.Ordinal)
            .ThenBy(finding => finding.Line)];
        Assert.True(all.Length == 0, $"{all.Length} findings:\n{string.Join('\n', all.AsEnumerable())}");
    }
}
