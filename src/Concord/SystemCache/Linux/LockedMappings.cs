namespace Concord.SystemCache.Linux;

/// <summary>Where a process locks its memory (<c>mlock</c>), from <c>/proc/PID/smaps</c>.</summary>
internal sealed class LockedMappings
{
    private readonly List<(ulong Start, ulong End)> _locked = [];

    /// <summary>Reads the process's list; where that is not permitted, nothing counts as locked.</summary>
    internal LockedMappings(ProcessFolder process)
    {
        byte[] contents = [];
        int length = process.ReadAll("smaps", ref contents);
        ReadOnlySpan<byte> text = contents.AsSpan(0, Math.Max(length, 0));
        ulong start = 0, end = 0;
        foreach (Range range in text.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = text[range];
            if (MapLine.TryParse(line, out MapLine mapping)) (start, end) = (mapping.Start, mapping.End);
            else if (line.StartsWith("VmFlags:"u8) && line.IndexOf(" lo"u8) >= 0) _locked.Add((start, end));
        }
    }

    /// <summary>Whether the part lies in locked memory. Locking splits mappings, so all of it does or none.</summary>
    internal bool Holds(MappedPart part) =>
        _locked.Exists(locked => part.Address < locked.End && part.Address + (ulong)part.Range.Length > locked.Start);
}
