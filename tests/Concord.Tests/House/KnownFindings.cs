using System.Globalization;

namespace Concord.Tests.House;

/// <summary>
/// A rule that not everything keeps yet, with the list of what breaks it. The list can only shrink: whatever is not on
/// it is found, and so is an entry that nothing stands behind any more. <c>--known</c> strikes what was mended.
/// </summary>
/// <param name="Name">The rule's name, and that of its list in <c>Known</c>.</param>
/// <param name="Find">Everything that breaks the rule now; the key is what the list calls it.</param>
internal sealed record KnownFindings(string Name, Func<IEnumerable<(string Key, Finding Finding)>> Find)
{
    private const string Command = "dotnet run --project tests/Concord.Tests -c Release -- --known";

    /// <summary>The rules that have such a list.</summary>
    public static IReadOnlyList<KnownFindings> All { get; } =
    [
        new("exceptions", () => ThrownThroughCallsRule.Check(HouseFiles.CSharp)),
        new("blocking", () => HouseFiles.CSharp.SelectMany(BlockingRule.Check)),
    ];

    private string ListPath => $"tests/Concord.Tests/House/Known/{Name}.txt";

    /// <summary>Strikes from each list what was mended, and writes the lists that do not exist.</summary>
    public static void WriteAll()
    {
        foreach (KnownFindings rule in All)
        {
            string path = Path.Combine(Repository.Root, rule.ListPath);
            bool isNew = !File.Exists(path);
            Dictionary<string, int> known = isNew ? [] : Read(File.ReadAllText(path));
            var left = rule.Find().GroupBy(static one => one.Key)
                .Select(group => (group.Key, Found: group.Count(), Known: known.GetValueOrDefault(group.Key)))
                .Select(one => (one.Key, Count: isNew ? one.Found : Math.Min(one.Found, one.Known)))
                .Where(static one => one.Count > 0).OrderBy(static one => one.Key, StringComparer.Ordinal);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, string.Concat(left.Select(static one => $"{one.Count}\t{one.Key}\n")));
            Console.WriteLine($"{rule.ListPath} written");
        }
    }

    /// <summary>What breaks the rule and is not on the list, and what is on the list and does not break it.</summary>
    public IEnumerable<Finding> Check()
    {
        HouseFile? list = HouseFiles.All.SingleOrDefault(file => file.Path == ListPath);
        return Check(list?.Text ?? "", Find());
    }

    /// <summary>The same for a list and findings of one's own.</summary>
    public IEnumerable<Finding> Check(string list, IEnumerable<(string Key, Finding Finding)> found)
    {
        Dictionary<string, int> known = Read(list);
        var groups = found.GroupBy(static one => one.Key, static one => one.Finding)
            .ToDictionary(static group => group.Key, static group => group.ToArray());
        foreach (var (key, findings) in groups)
        {
            int count = known.GetValueOrDefault(key);
            if (findings.Length <= count) continue;
            string more = count == 0 ? "" : $" ({findings.Length} here, {count} known)";
            foreach (Finding finding in findings.Take(count == 0 ? int.MaxValue : 1))
                yield return finding with { Message = finding.Message + more };
        }

        int line = 0;
        foreach (string key in known.Keys)
        {
            line++;
            if (!groups.ContainsKey(key))
                yield return new Finding(ListPath, line, $"'{key}' was mended or moved; strike it: {Command}");
        }
    }

    private static Dictionary<string, int> Read(string list) =>
        list.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split('\t', 2))
            .ToDictionary(static parts => parts[1], static parts => int.Parse(parts[0], CultureInfo.InvariantCulture));
}
