namespace Concord;

/// <summary>How much a query of the system's cache returns.</summary>
public enum ResidencyDetail
{
    /// <summary>Only how many pages; the cheapest.</summary>
    Counts,

    /// <summary>Also which pages.</summary>
    Pages,
}
