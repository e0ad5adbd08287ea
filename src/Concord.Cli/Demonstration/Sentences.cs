using Concord.Cli.Actions;
using Concord.Cli.Text;

namespace Concord.Cli.Demonstration;

/// <summary>The sentences of the demonstration, made from measured figures.</summary>
internal static class Sentences
{
    internal const string SystemCalls = "fdatasync + fadvise(DONTNEED)", Concord = "concord purge",
        ConcordAgain = "concord purge again";

    internal static string Left(long? left, long pages) =>
        $"{(left is { } known ? CountText.Format(known) : ShareText.Unknown)} of {CountText.Format(pages)} pages left";

    internal static string About(SystemCallStep step, long pages)
    {
        if (step.FdatasyncReturned != 0 || step.FadviseReturned != 0)
        {
            return $"The system refused: error {Math.Max(step.FdatasyncReturned, step.FadviseReturned)}.";
        }

        return step.PagesLeft switch
        {
            null => "Both calls said success; what they left cannot be known.",
            var left when left == pages =>
                "Both calls said success, and dropped nothing: another process maps the file.",
            0 => "Both calls said success, and dropped everything.",
            var left => $"Both calls said success, and left {CountText.Format(left.Value)} pages.",
        };
    }

    internal static string About(PurgeStep step)
    {
        string written = step.BytesWritten is { } bytes ? SizeText.Format(bytes) : "an unknown number of bytes";
        string purged = step.PagesPurged is { } pages ? CountText.Of(pages, "page") : "an unknown number of pages";
        string left = step.PagesLeft == 0 ? "nothing is left" : "what is left, and why:";
        return $"{written} written back, {purged} dropped; {left}";
    }

    internal static IEnumerable<string> Reasons(PurgeStep step)
    {
        foreach (LeftPages left in step.Left)
        {
            string holder = left.Holder is null ? "" : $": {PathText.Show(left.Holder)}";
            yield return $"pages {left.Range}: {left.Why}{holder}";
        }

        if (Hints.MissingRight(step.Left) is { } missing) yield return missing;
    }

    internal static string Contents(bool unchanged) => unchanged
        ? $"All {SizeText.Format(DemonstrationFile.Bytes)} read back as they were written."
        : "The file does not read back as it was written: another program changed it.";
}
