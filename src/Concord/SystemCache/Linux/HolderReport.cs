namespace Concord.SystemCache.Linux;

/// <summary>Explains the pages that stayed: for each run the reason, and the processes that hold it.</summary>
/// <remarks>
/// A process that maps the file holds a page only while the page is in its page table, so the present pages of each
/// mapping are read. A sweep over the edges where holders begin and end cuts the pages that stayed into runs with the
/// same holders. The lists of mappings are read again: those from before the last trim are out of date.
/// </remarks>
internal sealed class HolderReport(ListedFile? file, Mappings mappings, Residency residency)
{
    private readonly List<Holder> _holders = [];
    private readonly List<(long Page, int Holder, int Step)> _edges = [];
    private readonly List<LeftRange> _ranges = [];

    internal IReadOnlyList<LeftRange> Explain(PageMap left)
    {
        // Collect an edge for each begin and end of a holder.
        foreach (int id in mappings.Processes)
        {
            using ProcessFolder? process = ProcessFolder.Open(id);
            if (process is null || file is null) continue;
            AddHolders(process, MappingProcesses.FindAgain(process, file, mappings.Range), left);
        }

        // Sweep over the pages that stayed; depth counts each holder's mappings at the current page.
        _edges.Sort();

        int[] depth = new int[_holders.Count];
        int edge = 0;
        for (long from = left.FirstPage; left.TryNextRun(from, out long start, out long end); from = end)
        {
            while (start < end)
            {
                for (; edge < _edges.Count && _edges[edge].Page <= start; edge++)
                {
                    depth[_edges[edge].Holder] += _edges[edge].Step;
                }

                long next = edge < _edges.Count ? Math.Min(_edges[edge].Page, end) : end;
                AddRun(PageRange.OfPages(start, next), [.. HoldersAt(depth)]);
                start = next;
            }
        }

        return _ranges;
    }

    private IEnumerable<Holder> HoldersAt(int[] depth)
    {
        for (int holder = 0; holder < depth.Length; holder++)
        {
            if (depth[holder] > 0) yield return _holders[holder] with { Mappings = depth[holder] };
        }
    }

    /// <summary>Adds a process as a holder: once for the mappings that it locks, and once for the rest.</summary>
    private void AddHolders(ProcessFolder process, IEnumerable<MappedPart> parts, PageMap left)
    {
        using PresentPages present = new(process);
        (MappedPart Part, (long Start, long End)[] Runs)[] held =
            [.. parts.Select(part => (part, present.Find(part, left).ToArray())).Where(pair => pair.Item2.Length > 0)];
        if (held.Length == 0) return;
        LockedMappings locked = new(process);
        foreach (var alike in held.GroupBy(pair => locked.Holds(pair.Part)))
        {
            foreach ((long start, long end) in alike.SelectMany(pair => pair.Runs))
            {
                _edges.Add((start, _holders.Count, 1));
                _edges.Add((end, _holders.Count, -1));
            }

            _holders.Add(new(ProcessName.Of(process), alike.Key, mappings.Obstacles.GetValueOrDefault(process.Id)));
        }
    }

    private void AddRun(ByteRange run, Holder[] holders)
    {
        if (holders.Any(holder => holder.Locks))
        {
            Add(run, LeftReason.Lock, Holder.Describe(holders));
            return;
        }

        switch (residency.CountUnwritten(run))
        {
            case { } some and > 0 when some < run.Length / PageRange.PageSize:
                // Some pages of the run are dirty: look at each half.
                long middle = (run.Offset + (run.Length / 2)) & -PageRange.PageSize;
                AddRun(ByteRange.FromBounds(run.Offset, middle), holders);
                AddRun(ByteRange.FromBounds(middle, run.End), holders);
                break;
            case > 0:
                Add(run, LeftReason.DirtyAgain, holders.Length == 0 ? null : Holder.Describe(holders));
                break;
            default:
                if (holders.Length > 0) Add(run, LeftReason.MappedByProcess, Holder.Describe(holders));
                else Add(run, LeftReason.Unknown, Unseen);
                break;
        }
    }

    private string Unseen => mappings.ProcessesNotReadable == 0
        ? "no process that maps it was found; it may be read at this moment, or pinned for I/O"
        : Capabilities.MayTrace
            ? $"what {mappings.ProcessesNotReadable} processes map cannot be seen: the system hides it"
            : $"what {mappings.ProcessesNotReadable} processes map cannot be seen without CAP_SYS_PTRACE";

    private void Add(ByteRange run, LeftReason reason, string? holder)
    {
        if (_ranges is [.., var last] && last.Range.End == run.Offset && last.Reason == reason && last.Holder == holder)
        {
            _ranges[^1] = last with { Range = ByteRange.FromBounds(last.Range.Offset, run.End) };
            return;
        }

        _ranges.Add(new(run, reason, holder));
    }
}
