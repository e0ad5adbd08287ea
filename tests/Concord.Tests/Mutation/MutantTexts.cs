namespace Concord.Tests.Mutation;

/// <summary>
/// Reads the faults under <c>tests/Mutants</c>. One looks so, and lines that begin with # are comments:
/// <code>
/// [a-load-publishes-old-bytes] epochs: a load that began before a purge publishes what it read
/// type Extent
/// member EndLoadLocked
/// row A load begun before a purge
/// test PagingTests
/// - load.Epoch == Epoch
/// + true
/// </code>
/// The member, the row and the test may be left out; where a name is to change, both stand with a | between.
/// </summary>
internal static class MutantTexts
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "Mutants");

    internal static IReadOnlyList<WrittenMutant> All { get; } =
        [.. Directory.EnumerateFiles(Folder, "*.txt").Order(StringComparer.Ordinal)
            .SelectMany(static file => Parse(File.ReadAllText(file)))];

    internal static IReadOnlyList<WrittenMutant> Parse(string text)
    {
        var found = new List<WrittenMutant>();
        var lines = new List<string>();
        foreach (string line in text.Split('\n'))
        {
            if (line.StartsWith('#') || line.Length == 0) continue;
            if (line.StartsWith('[') && lines.Count > 0)
            {
                found.Add(Read(lines));
                lines.Clear();
            }

            lines.Add(line);
        }

        if (lines.Count > 0) found.Add(Read(lines));
        return found;
    }

    private static WrittenMutant Read(List<string> lines)
    {
        if (lines[0].Split("] ", 2) is not [var name, var rest] || rest.Split(": ", 2) is not [var kind, var what])
        {
            throw new FormatException($"'{lines[0]}' should be: [name] kind: what is wrong");
        }

        string? Value(string key) =>
            lines.Find(line => line.StartsWith(key + " ", StringComparison.Ordinal))?[(key.Length + 1)..];
        string Joined(string key) => string.Join('\n',
            lines.Where(line => line.StartsWith(key, StringComparison.Ordinal)).Select(line => line[1..].TrimStart()));
        string search = Joined("-");
        if (search.Length == 0) throw new FormatException($"{name}] has no line that begins with -");
        return new WrittenMutant
        {
            Name = name[1..],
            Kind = kind,
            What = what,
            Type = Value("type") ?? throw new FormatException($"{name}] names no type"),
            Member = Value("member"),
            Row = Value("row"),
            Test = Value("test"),
            Search = search,
            Replacement = Joined("+"),
        };
    }
}
