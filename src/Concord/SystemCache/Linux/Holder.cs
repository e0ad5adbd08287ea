namespace Concord.SystemCache.Linux;

/// <summary>A process that holds pages.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Locks">Whether it locks them in memory.</param>
/// <param name="Needs">What trimming it would need and this process lacks, or <see langword="null"/>.</param>
internal sealed record Holder(string Name, bool Locks, string? Needs)
{
    /// <summary>For people to read: who holds the pages, and what would free them.</summary>
    internal static string Describe(IReadOnlyList<Holder> holders)
    {
        string names = string.Join(
            ", ", holders.Select(holder => holder.Locks ? $"{holder.Name} locks it (mlock)" : holder.Name));
        string? needs = holders.FirstOrDefault(holder => holder.Needs is not null)?.Needs;
        if (needs is not null) return $"{names}; trimming needs {needs}";
        return holders.Count > 1 ? $"{names}; a page that several map cannot be trimmed" : names;
    }
}
