namespace Concord.SystemCache.Linux;

/// <summary>A process that holds pages.</summary>
/// <param name="Name">Its name for messages.</param>
/// <param name="Locks">Whether it locks them in memory.</param>
/// <param name="Needs">What trimming it needs and this process lacks, or <see langword="null"/>.</param>
internal sealed record Holder(string Name, bool Locks, string? Needs)
{
    /// <summary>In how many of its mappings a page is present.</summary>
    internal int Mappings { get; init; } = 1;

    /// <summary>Text for messages: which processes hold the pages, and what would free them.</summary>
    internal static string Describe(IReadOnlyList<Holder> holders)
    {
        string names = string.Join(
            ", ", holders.Select(static holder => holder.Name
                + (holder.Locks ? " locks it (mlock)" : holder.Mappings > 1 ? " maps it more than once" : "")));
        string? needs = holders.FirstOrDefault(holder => holder.Needs is not null)?.Needs;
        if (needs is not null) return $"{names}; trimming needs {needs}";
        bool isMappedOnce = holders is [{ Mappings: 1 }];
        return isMappedOnce ? names : $"{names}; a page that several mappings show cannot be trimmed";
    }
}
