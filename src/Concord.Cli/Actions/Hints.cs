using Concord.Cli.Interop;

namespace Concord.Cli.Actions;

/// <summary>Ways out for pages that stayed.</summary>
internal static class Hints
{
    /// <summary>The right without which mapped pages stay, when this process lacks it; otherwise null.</summary>
    internal static string? MissingRight(IEnumerable<LeftPages> left)
    {
        foreach (LeftPages pages in left)
        {
            if (pages.Reason != LeftPages.Mapped) continue;
            return Rights.MayTrim() == false
                ? $"taking pages out of another process needs {Rights.TrimRight}; run as root to drop them too"
                : null;
        }

        return null;
    }
}
