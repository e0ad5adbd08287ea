using Concord.Scheduling;

namespace Concord.Caching;

// Leases that are written through: of a lease for reading one for writing, and the log's numbers.
internal sealed partial class Leasing
{
    public bool HasLog => file.Log is not null;

    public void BeginWriting(PageLease lease)
    {
        int begun = 0;
        try
        {
            for (; begun < lease.Parts.Count; begun++)
            {
                var (extent, pages, _) = lease.Parts[begun];
                SyncCompletion.Wait(extent.WhenIdleAsync(
                    (Pages: pages, file.Scheduler),
                    static (busy, asked) => busy.Writing & asked.Pages,
                    static (idle, asked) => idle.LeaseForWritingLocked(asked.Pages, asked.Scheduler),
                    file.StoreWait,
                    CallMode.Blocking));
            }
        }
        catch
        {
            // The lease is for reading as before.
            while (--begun >= 0)
            {
                var (extent, pages, _) = lease.Parts[begun];
                lock (extent) extent.LeaseForReadingLocked(pages, file.Scheduler);
            }

            throw;
        }

        // Only now: the range is written back as it stands.
        WroteInPlace(lease);
    }

    public void NoteLogSequence(PageLease lease, long sequence)
    {
        for (int i = 0; i < lease.Parts.Count; i++)
        {
            var (extent, pages, _) = lease.Parts[i];
            lock (extent) extent.NoteLogLocked(pages, sequence);
        }
    }

    private void WroteInPlace(PageLease lease)
    {
        // What the holder writes is written when the process ends, also if the lease has not ended then.
        file.Pending.NoteDirty();
        if (lease.Parts.EndOf(areClaimed: false) is > 0 and var end)
        {
            file.Sizes.WroteUpTo(Math.Min(lease.Range.End, end));
        }
    }
}
