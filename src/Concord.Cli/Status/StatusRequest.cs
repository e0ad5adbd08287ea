namespace Concord.Cli.Status;

/// <summary>What a run of the status is to find out, and how it is to be shown.</summary>
internal sealed record StatusRequest
{
    /// <summary>The bytes of each file; the whole of it when null.</summary>
    internal ByteRange? Range { get; init; }

    /// <summary>Whether the resident pages are listed.</summary>
    internal bool WithPages { get; init; }

    /// <summary>Whether every file is shown.</summary>
    internal bool All { get; init; }

    /// <summary>A file to draw the maps into; null for none.</summary>
    internal string? Picture { get; init; }

    /// <summary>Whether that file is replaced even if it holds something else.</summary>
    internal bool ReplacesOthers { get; init; }

    internal StatusLayout Layout { get; init; } = new();

    /// <summary>Whether each file's map is asked for together with its counts.</summary>
    internal bool NeedsMaps => WithPages || Layout.NeedsMaps;
}
