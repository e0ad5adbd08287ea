namespace Concord.Tests.House;

/// <summary>What users read before they call a member: whether it blocks, and what it throws.</summary>
[Collection(SideBySide.Texts)]
public sealed class CalledMemberRuleTests
{
    private const string Product = "src/Concord/Processor/Planted.cs";

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
        string? found = ThrownThroughCallsRule.Check([new HouseFile(Product, text)]).SingleOrDefault()?.Message;
        if (expected is null) Assert.Null(found);
        else Assert.StartsWith($"C.F(string) does not say when it throws {expected}", found, StringComparison.Ordinal);
    }
}
