namespace Concord.Tests.House;

/// <summary>The rules with a list of what breaks them still.</summary>
public sealed class KnownFindingsTests
{
    private const string Product = "src/Concord/Processor/Planted.cs";

    private const string Mended = "tests/Concord.Tests/House/Known/planted.txt:2: 'b.cs' was mended or moved; "
        + "strike it: "
        + "dotnet run --project tests/Concord.Tests -c Release -- --known";

    public static TheoryData<string> Names => [.. KnownFindings.All.Select(static rule => rule.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Nothing_breaks_the_rule_that_did_not_before_and_what_was_mended_is_struck(string name)
    {
        Finding[] findings = [.. KnownFindings.All.Single(rule => rule.Name == name).Check()];
        Assert.True(findings.Length == 0, $"{findings.Length} findings:\n{string.Join('\n', findings.AsEnumerable())}");
    }

    [Theory]
    [InlineData("", "a.cs: one", "a.cs:1: one")]
    [InlineData("1\ta.cs\n", "a.cs: one", null)]
    [InlineData("2\ta.cs\n", "a.cs: one", null)]
    [InlineData("1\ta.cs\n", "a.cs: one, a.cs: two", "a.cs:1: one (2 here, 1 known)")]
    [InlineData("1\ta.cs\n1\tb.cs\n", "a.cs: one", Mended)]
    public void What_is_not_on_the_list_is_found_and_so_is_what_was_mended(string list, string found, string? expected)
    {
        var rule = new KnownFindings("planted", () => []);
        var findings = found.Split(", ").Select(static one => one.Split(": "))
            .Select(static one => (one[0], new Finding(one[0], 1, one[1])));
        Assert.Equal(expected, rule.Check(list, findings).SingleOrDefault()?.ToString());
    }

    [Theory]
    [InlineData("/// <summary>Reads.</summary>\npublic void F(int a) { }", 1)]
    [InlineData("/// <summary>Reads; blocks.</summary>\npublic void F() { }", 0)]
    [InlineData("/// <summary>Reads, and does not wait.</summary>\npublic void F() { }", 0)]
    [InlineData("/// <inheritdoc/>\npublic void F() { }", 0)]
    [InlineData("/// <summary>Reads.</summary>\ninternal void F() { }", 0)]
    public void Members_that_do_not_say_whether_they_block_are_found(string member, int findings)
    {
        var file = new HouseFile(Product, $"namespace Concord;\npublic class C\n{{\n{member}\n}}\n");
        Assert.Equal(findings, BlockingRule.Check(file).Count());
    }

    [Theory]
    [InlineData("static void G(string b) => throw new IOException();", "IOException")]
    [InlineData("static void G(string b) => Refuse(b);", "ArgumentNullException")]
    [InlineData("static void G(string b) => Refuse(Own);", null)]
    [InlineData("static void G(string b) { try { Fail(); } catch (IOException) { } }", null)]
    [InlineData("static void G(string b) { try { Fail(); } catch (IOException) { throw; } }", "FileNotFoundException")]
    [InlineData("static void G(string b) => throw new ObjectDisposedException(null);", null)]
    [InlineData("static void G(string b) => new C(1);", "NotSupportedException")]
    [InlineData("static void G(string b) { Action a = () => throw new IOException(); }", null)]
    [InlineData("static void G(string b) { }", null)]
    public void Exceptions_that_leave_through_calls_are_found(string called, string? expected)
    {
        string text = $$"""
            using System;
            using System.IO;
            namespace Concord;
            public class C
            {
                const string Own = "";
                /// <summary>Does.</summary>
                /// <exception cref="InvalidOperationException">Always.</exception>
                public static void F(string a) { G(a); }
                {{called}}
                static void Refuse(string c) => ArgumentNullException.ThrowIfNull(c);
                static void Fail() => throw new FileNotFoundException();
                C(int a) => throw new NotSupportedException();
            }
            """;
        string? found = ThrownThroughCallsRule.Check([new HouseFile(Product, text)]).SingleOrDefault().Key;
        Assert.Equal(expected is null ? null : $"C.F(string): {expected}", found);
    }
}
