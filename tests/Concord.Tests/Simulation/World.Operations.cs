using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Tests.Simulation;

// The operations of a run: each tells the oracle when it begins and how it ended.
internal sealed partial class World
{
    /// <returns>Whether the write was accepted.</returns>
    internal async Task<bool> WriteAsync(CachedFile file, long offset, int length)
    {
        offset += Origin;
        byte value = Oracle.NextValue();
        var changes = Oracle.BeginWrite(offset, length, value);
        try
        {
            await file.WriteAsync(offset, Fill(value, length));
        }
        catch (IOException error)
        {
            Hear(file, error);
            Oracle.Fail(changes, FileOfFirst!.State.Sizes.Length);
            return false;
        }

        Oracle.End(changes);
        return true;
    }

    internal async Task<bool> WriteUncachedAsync(CachedFile file, long offset, int length)
    {
        offset += Origin;
        byte value = Oracle.NextValue();
        var changes = Oracle.BeginWrite(offset, length, value);

        // With a write behind the end goes the gap before it: it is in the store for no other reason.
        _uncached.Add(ByteRange.FromBounds(Math.Min(offset, Oracle.Length), offset + length));
        try
        {
            await file.WriteUncachedAsync(offset, Fill(value, length));
        }
        catch (IOException error)
        {
            Hear(file, error);
            Oracle.Fail(changes, FileOfFirst!.State.Sizes.Length);
            return false;
        }

        Oracle.End(changes);
        return true;
    }

    /// <returns>Whether the read succeeded; what it read was checked.</returns>
    internal async Task<bool> ReadAsync(CachedFile file, long offset, int length, bool uncached = false,
        CancellationToken cancellationToken = default)
    {
        offset += Origin;
        var read = Oracle.Begin(new ByteRange(offset, length));
        byte[] bytes = new byte[length];
        try
        {
            int count = uncached
                ? await file.ReadUncachedAsync(offset, bytes, cancellationToken)
                : await file.ReadAsync(offset, bytes, cancellationToken);
            Oracle.CheckRead(read, bytes.AsSpan(0, count));
            return true;
        }
        catch (IOException error)
        {
            Hear(file, error);
            return false;
        }
        finally
        {
            Oracle.Forget(read);
        }
    }

    /// <returns>What the operation said, or null when it told of an error.</returns>
    internal async Task<CoherencyResult?> FlushAsync(
        FileOperations file,
        ByteRange? range = null,
        CoherencyOptions options = CoherencyOptions.None,
        CancellationToken cancellationToken = default,
        CachedFile? listener = null)
    {
        var whole = new ByteRange(0, long.MaxValue);
        if (range is { } part) range = At(part);
        var watched = (range ?? whole).Intersect(new ByteRange(0, range is null ? Oracle.BytesMax : Oracle.Length));
        var flush = Oracle.Begin(watched);
        try
        {
            var result = await file.FlushAndPurgeAsync(range ?? whole, options, cancellationToken);
            Oracle.EndFlush(flush, DoubtedUncached());
            CheckImages(Options.ImageSamples);
            return result;
        }
        catch (IOException error)
        {
            Hear(listener ?? (CachedFile)file, error);
            return null;
        }
        finally
        {
            Oracle.Forget(flush);
        }
    }

    internal async Task<bool> SetLengthAsync(CachedFile file, int length)
    {
        length += Origin;
        var before = Oracle.Snapshot();
        var changes = Oracle.BeginLength(length);
        IsChangingLength = true;
        try
        {
            await file.SetLengthAsync(length);
            Oracle.End(changes);
            return true;
        }
        catch (IOException error)
        {
            Hear(file, error);
            if (file.Length == length) Oracle.End(changes);
            else Oracle.Undo(changes, before);
            return false;
        }
        finally
        {
            IsChangingLength = false;
        }
    }

    /// <summary>Holds a range writable, writes it in place while others run, and lets it go.</summary>
    internal async Task<bool> WriteLeasedAsync(CachedFile file, ByteRange range,
        Func<PageLease, Task>? meanwhile = null, Action<PageLease, byte>? first = null)
    {
        range = At(range);
        try
        {
            using var lease = await file.LeaseAsync(range, LeaseAccess.Write);
            byte value = Oracle.NextValue();
            first?.Invoke(lease, value);
            var changes = Oracle.BeginWrite(range.Offset, (int)range.Length, value);
            lease.WritableSpan.Fill(value);
            Oracle.End(changes);
            await Scheduler.YieldPointAsync();
            if (meanwhile is not null) await meanwhile(lease);
            for (int i = 0; i < lease.Span.Length; i += 97)
            {
                Rule(Oracle.MayShow((int)range.Offset + i, lease.Span[i]), "a leased page keeps its bytes (I3)");
            }

            return true;
        }
        catch (IOException error)
        {
            Hear(file, error);
            return false;
        }
    }

    /// <summary>Writes a range anew through a lease, and publishes it or gives it up.</summary>
    internal async Task OverwriteLeasedAsync(CachedFile file, ByteRange range, bool aborts)
    {
        range = At(range);
        try
        {
            using var lease = await file.LeaseAsync(range, LeaseAccess.Overwrite);
            byte value = Oracle.NextValue();
            var changes = Oracle.BeginWrite(range.Offset, (int)range.Length, value);
            lease.WritableSpan.Fill(value);
            await PauseAsync(Random.Next(12));
            for (int i = 0; i < lease.Span.Length; i += 97)
                Rule(Oracle.MayShow((int)range.Offset + i, lease.Span[i]), "a leased page keeps its bytes (I3)");
            if (aborts) lease.Abort();
            else lease.Dispose();

            // Given up, a page that was dirty before may have kept it.
            if (aborts) Oracle.Fail(changes, FileOfFirst!.State.Sizes.Length);
            else Oracle.End(changes);
        }
        catch (IOException error)
        {
            Hear(file, error);
        }
    }

    /// <summary>Paging I/O: loads pages without the file's hold, as a fault or a mount does.</summary>
    internal async Task<bool> LoadAsync(long offset, int pages = 1)
    {
        try
        {
            var range = At(new ByteRange(offset & -PageGeometry.PageBytes, (long)pages << PageGeometry.PageShift));
            for (long extent = PageGeometry.ExtentOf(range.Offset); extent <= PageGeometry.ExtentOf(
                range.End - 1); extent++)
            {
                ulong wanted = PageGeometry.PagesOf(extent, range);
                await FileOfFirst!.Loader.EnsureResidentAsync(extent, wanted, CallMode.Async, CancellationToken.None);
            }

            return true;
        }
        catch (IOException error)
        {
            Hear(File, error);
            return false;
        }
    }

    /// <summary>One pass of the lazy writer.</summary>
    internal async Task<bool> LazyPassAsync() =>
        await Cache.LazyWriter.PassAsync(CancellationToken.None);

    /// <summary>
    /// Somebody changes the store behind the cache's back; whoever asks the cache from now on must see it after a
    /// purge.
    /// </summary>
    internal void ChangeStore(long offset, int length)
    {
        offset += Origin;
        byte value = Oracle.NextValue();
        var changes = Oracle.BeginWrite(offset, length, value);
        Store.Overwrite(offset, Fill(value, length));
        Oracle.End(changes);
    }

    internal async Task PauseAsync(int turns)
    {
        for (int i = 0; i < turns; i++) await Scheduler.YieldPointAsync();
    }

    /// <summary>A call told of an error: by now every page that it concerns is dirty again.</summary>
    internal void Hear(CachedFile handle, IOException error)
    {
        Heard[handle]++;
        _audit.LookClosely();
        OnHeard?.Invoke(handle, error);
    }

    private IEnumerable<ByteRange> DoubtedUncached() =>
        _uncached.Where(range => Store.Log.Doubtful.Any(piece => piece.Range.Overlaps(range)));
}
