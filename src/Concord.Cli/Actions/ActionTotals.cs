using System.Text.Json.Serialization;
using Concord.Cli.Text;

namespace Concord.Cli.Actions;

/// <summary>Sums over files, and the first of what stayed. A sum with an unknown part is itself unknown.</summary>
internal sealed class ActionTotals
{
    /// <summary>The most rows of pages that stayed to keep and show.</summary>
    internal const int LeftShownMax = 50;

    private readonly List<(string Path, LeftPages Pages)> _shown = [];
    private bool _isPart;
    private long _asked;

    internal long Files { get; private set; }

    internal long Size { get; private set; }

    /// <summary>Bytes that were asked for, where that was not the whole of every file; otherwise null.</summary>
    internal long? BytesAsked => _isPart ? _asked : null;

    internal long BytesLoaded { get; private set; }

    internal long Pages { get; private set; }

    /// <summary>Pages in the cache after a load; null if unknown for a file.</summary>
    internal long? ResidentPages { get; private set; } = 0;

    /// <summary>The first reason why a figure is unknown.</summary>
    internal string? Unknown { get; private set; }

    /// <summary>Files and directories that were gone when their turn came.</summary>
    internal long VanishedFiles { get; set; }

    /// <summary>Files and directories that the command line leaves out, by name or size.</summary>
    internal long LeftOut { get; set; }

    internal long BytesInStore { get; private set; }

    internal long? BytesWritten { get; private set; } = 0;

    internal long? PagesPurged { get; private set; } = 0;

    internal long PagesLeft { get; private set; }

    /// <summary>Pages that stayed, for each reason.</summary>
    internal SortedDictionary<string, long> LeftByReason { get; } = new(StringComparer.Ordinal);

    /// <summary>Rows that stayed, those not kept included.</summary>
    internal long LeftRows { get; private set; }

    internal IReadOnlyList<(string Path, LeftPages Pages)> LeftShown => _shown;

    internal double Seconds { get; set; }

    /// <summary>Whether nothing stayed and everything is known.</summary>
    internal bool IsComplete { get; private set; } = true;

    internal void Add(FileOutcome outcome)
    {
        Files++;
        Size += outcome.Size;
        _asked += outcome.BytesAsked ?? outcome.Size;
        _isPart |= outcome.BytesAsked is not null;
        if (outcome is LoadOutcome load) Add(load);
        if (outcome is FlushOutcome flush) Add(flush);
    }

    /// <summary>The file in which the run was stopped, or null.</summary>
    internal string? Interrupted { get; private set; }

    /// <summary>Notes the file in which the run was stopped: how much of it was done is unknown.</summary>
    internal void AddInterrupted(string path)
    {
        Interrupted = path;
        IsComplete = false;
        (BytesWritten, PagesPurged) = (null, null);
    }

    internal LoadTotals ToLoadTotals() =>
        new(Files, Size, BytesLoaded, Pages, ResidentPages, Seconds, VanishedFiles) { BytesAsked = BytesAsked };

    internal FlushTotals ToFlushTotals() =>
        new(Files, Size, BytesInStore, BytesWritten, PagesPurged, PagesLeft, LeftByReason, Seconds, VanishedFiles)
        {
            BytesAsked = BytesAsked,
        };

    private void Add(LoadOutcome load)
    {
        BytesLoaded += load.BytesLoaded;
        Pages += load.Pages;
        ResidentPages += load.ResidentPages;
        Unknown ??= load.Unknown;
        IsComplete &= load.ResidentPages == load.Pages;
    }

    private void Add(FlushOutcome flush)
    {
        BytesInStore += flush.BytesInStore;
        BytesWritten += flush.BytesWritten;
        PagesPurged += flush.PagesPurged;
        IsComplete &= flush.Status == "success";
        foreach (LeftPages left in flush.Left)
        {
            PagesLeft += left.Pages;
            LeftRows++;
            LeftByReason.TryGetValue(left.Reason, out long pages);
            LeftByReason[left.Reason] = pages + left.Pages;
            if (_shown.Count >= LeftShownMax) continue;
            _shown.Add((flush.PathBytes is null ? PathText.Name(flush.Path) : flush.Path, left));
        }
    }
}

/// <summary>The totals of <c>load</c>, as they are documented.</summary>
internal sealed record LoadTotals(
    long Files, long Size, long BytesLoaded, long Pages, long? ResidentPages, double Seconds, long VanishedFiles)
{
    /// <summary>Bytes that were asked for, where that was not the whole of every file.</summary>
    [JsonPropertyOrder(1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? BytesAsked { get; init; }
}

/// <summary>The totals of <c>flush</c> and <c>purge</c>, as they are documented.</summary>
internal sealed record FlushTotals(
    long Files,
    long Size,
    long BytesInStore,
    long? BytesWritten,
    long? PagesPurged,
    long PagesLeft,
    SortedDictionary<string, long> LeftByReason,
    double Seconds,
    long VanishedFiles)
{
    /// <summary>Bytes that were asked for, where that was not the whole of every file.</summary>
    [JsonPropertyOrder(1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? BytesAsked { get; init; }
}
