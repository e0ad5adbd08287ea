using System.Text.Json.Serialization;

namespace Concord.Cli.Status;

/// <summary>Sums over files. A sum with an unknown part is itself unknown.</summary>
internal sealed class StatusTotals
{
    private long _residentBytes;
    private long _dirtyBytes;
    private long _resident;
    private long _dirty;
    private long _writeBack;
    private long _writeBackBytes;
    private bool _isPart;

    public long Files { get; private set; }

    public long Size { get; private set; }

    /// <summary>Bytes that the figures are of, where those are ranges of the files; otherwise null.</summary>
    [JsonPropertyOrder(1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? BytesAsked => _isPart ? AskedBytes : null;

    public long Pages { get; private set; }

    public long? ResidentPages => UnknownFiles == 0 ? _resident : null;

    public long? DirtyPages => HasUnknownDirty ? null : _dirty;

    public long? WriteBackPages => HasUnknownWriteBack ? null : _writeBack;

    public double? Share => Pages > 0 && ResidentPages is { } resident ? (double)resident / Pages : null;

    /// <summary>Files whose resident pages cannot be known.</summary>
    public long UnknownFiles { get; private set; }

    /// <summary>Files and directories that were gone when their turn came.</summary>
    public long VanishedFiles { get; internal set; }

    /// <summary>Why files are not known, each reason once.</summary>
    internal SortedSet<string> Reasons { get; } = new(StringComparer.Ordinal);

    /// <summary>Resident pages of the files that are known.</summary>
    public long KnownResidentPages => _resident;

    internal long? ResidentBytes => UnknownFiles == 0 ? _residentBytes : null;

    internal long AskedBytes { get; private set; }

    internal long? WriteBackBytes => HasUnknownWriteBack ? null : _writeBackBytes;

    internal long? DirtyBytes => HasUnknownDirty ? null : _dirtyBytes;

    /// <summary>Whether every figure of every file is known.</summary>
    internal bool IsComplete => UnknownFiles == 0 && !HasUnknownDirty;

    private bool HasUnknownDirty { get; set; }

    private bool HasUnknownWriteBack { get; set; }

    internal void Add(FileStatus file)
    {
        Files++;
        Size += file.Size;
        AskedBytes += file.AskedBytes;
        _isPart |= file.Range is not null;
        Pages += file.Pages;
        _resident += file.ResidentPages ?? 0;
        _residentBytes += (file.ResidentPages ?? 0) * file.PageSize;
        _dirty += file.DirtyPages ?? 0;
        _dirtyBytes += (file.DirtyPages ?? 0) * file.PageSize;
        _writeBack += file.WriteBackPages ?? 0;
        _writeBackBytes += (file.WriteBackPages ?? 0) * file.PageSize;
        if (file.ResidentPages is null) UnknownFiles++;
        if (file.Unknown is { } why) Reasons.Add(why);
        HasUnknownDirty |= file.DirtyPages is null;
        HasUnknownWriteBack |= file.WriteBackPages is null;
    }
}
