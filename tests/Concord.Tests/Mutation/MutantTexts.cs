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
/// A fault of another assembly than the library names its file instead of a type, from the repository's root.
/// A row whose mending cannot be taken away so says why, and has no patch:
/// <code>
/// [reader-of-pipe] none: the system refuses what the mending asks about
/// row Opening a pipe
/// </code>
/// So does a drawn fault that nobody can notice, by its name and without a row; another one is drawn instead.
/// </summary>
internal static class MutantTexts
{
    private const string NoFault = "none";

    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "Mutants");
    private static readonly string[] Files =
        [.. Directory.EnumerateFiles(Folder, "*.txt").Order(StringComparer.Ordinal).Select(File.ReadAllText)];

    internal static IReadOnlyList<WrittenMutant> All { get; } = [.. Files.SelectMany(Parse)];

    /// <summary>The rows that have no fault, each as it begins, with the reason.</summary>
    internal static IReadOnlyList<(string Row, string Why)> WithoutFault { get; } =
    [
        .. from text in Files
           from lines in Entries(text)
           where HeadOf(lines).Kind == NoFault && !IsDrawn(lines)
           select (ValueOf(lines, "row") ?? throw new FormatException($"{lines[0]} names no row"), HeadOf(lines).What),
    ];

    /// <summary>The names of the drawn faults that change nothing which anybody could notice.</summary>
    internal static IReadOnlySet<string> Unseen { get; } = Files.SelectMany(Entries)
        .Where(static lines => HeadOf(lines).Kind == NoFault && IsDrawn(lines))
        .Select(static lines => HeadOf(lines).Name).ToHashSet();

    internal static IReadOnlyList<WrittenMutant> Parse(string text) =>
        [.. Entries(text).Where(static lines => HeadOf(lines).Kind != NoFault).Select(Read)];

    private static List<List<string>> Entries(string text)
    {
        var found = new List<List<string>>();
        foreach (string line in text.Split('\n'))
        {
            if (line.StartsWith('#') || line.Length == 0) continue;
            if (line.StartsWith('[') || found.Count == 0) found.Add([]);
            found[^1].Add(line);
        }

        return found;
    }

    private static (string Name, string Kind, string What) HeadOf(List<string> lines) =>
        lines[0].Split("] ", 2) is [['[', .. var name], var rest] && rest.Split(": ", 2) is [var kind, var what]
            ? (name, kind, what)
            : throw new FormatException($"'{lines[0]}' should be: [name] kind: what is wrong");

    /// <summary>A drawn fault is called by its file and member.</summary>
    private static bool IsDrawn(List<string> lines) => HeadOf(lines).Name.Contains('.');

    private static string? ValueOf(List<string> lines, string key) =>
        lines.Find(line => line.StartsWith(key + " ", StringComparison.Ordinal))?[(key.Length + 1)..];

    private static WrittenMutant Read(List<string> lines)
    {
        var (name, kind, what) = HeadOf(lines);
        string Joined(string key) => string.Join('\n',
            lines.Where(line => line.StartsWith(key, StringComparison.Ordinal)).Select(line => line[1..].TrimStart()));
        string search = Joined("-");
        if (search.Length == 0) throw new FormatException($"[{name}] has no line that begins with -");
        string? file = ValueOf(lines, "file");
        return new WrittenMutant
        {
            Name = name,
            Kind = kind,
            What = what,
            File = file,
            Type = ValueOf(lines, "type") ?? Path.GetFileNameWithoutExtension(file)
                ?? throw new FormatException($"[{name}] names no type and no file"),
            Member = ValueOf(lines, "member"),
            Row = ValueOf(lines, "row"),
            Test = ValueOf(lines, "test"),
            Search = search,
            Replacement = Joined("+"),
        };
    }
}
