namespace Concord.Tests.Packaging;

/// <summary>What users of the packages can name stays as it was agreed on, or the change is seen and meant.</summary>
public sealed class ApiSnapshotTests
{
    private const string Command = "dotnet run --project tests/Concord.Tests -c Release -- --api";

    public static TheoryData<string> Packages => [.. ApiSnapshot.Packages];

    [Theory]
    [MemberData(nameof(Packages))]
    public void The_public_face_is_the_one_that_was_written_down(string package)
    {
        string path = ApiSnapshot.PathOf(package);
        string[] agreed = File.Exists(path) ? File.ReadAllLines(path) : [];
        string[] found = [.. ApiSnapshot.Read(package)];
        string[] changes =
        [
            .. agreed.Except(found).Select(static line => "- " + line.Trim()),
            .. found.Except(agreed).Select(static line => "+ " + line.Trim()),
        ];
        Assert.True(
            agreed.SequenceEqual(found),
            $"the public face of {package} changed:\n{string.Join('\n', changes)}\n"
                + $"If that is meant: a line in CHANGELOG.md, and '{Command}'");
    }

    [Fact]
    public void A_face_shows_types_members_defaults_and_numbers()
    {
        string[] face = [.. ApiSnapshot.Read("Concord")];
        Assert.Contains("public readonly struct Concord.ByteRange : IEquatable<ByteRange>", face);
        Assert.Contains("  NoPurge = 1", face);
        const string Operation = "  public CoherencyResult FlushAndPurge(ByteRange range, CoherencyOptions options = ";
        Assert.Contains(face, static line => line.StartsWith(Operation, StringComparison.Ordinal));
        Assert.DoesNotContain(face, static line => line.Contains("<Clone>$", StringComparison.Ordinal));
        Assert.DoesNotContain(face, static line => line.Contains("get_", StringComparison.Ordinal));
    }
}
