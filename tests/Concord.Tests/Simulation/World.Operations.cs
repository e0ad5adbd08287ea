using Concord.Caching;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Tests.Simulation;

// The operations of a run: each tells the oracle when it begins and how it ended.
internal sealed partial class World
{
    /// <returns>Whether the write was accepted.</returns>
    internal async Task<bool> WriteAsync(CachedFile file, long offset, int length)
    {
        byte value = Oracle.NextValue();
        var changes = Oracle.BeginWrite(offset, length, value);
        try
        {
            await file.WriteAsync(offset, Fill(value, length));
        }
        catch (IOException)
        {
            Heard[file]++;
            Oracle.Fail(changes, MapOfFirst!.Sizes.Length);
            return false;
        }

        Oracle.End(changes);
        return true;
    }

    internal async Task<bool> WriteUncachedAsync(CachedFile file, long offset, int length)
    {
        byte value = Oracle.NextValue();
        var changes = Oracle.BeginWrite(offset, length, value);
        _uncached.Add(new ByteRange(offset, length));
        try
        {
            await file.WriteUncachedAsync(offset, Fill(value, length));
        }
        catch (IOException)
        {
            Heard[file]++;
            Oracle.Fail(changes, MapOfFirst!.Sizes.Length);
            return false;
        }

        Oracle.End(changes);
        return true;
    }

    /// <returns>Whether the read succeeded; what it read was checked.</returns>
    internal async Task<bool> ReadAsync(CachedFile file, long offset, int length, bool uncached = false, CancellationToken cancellationToken = default)
    {
        var read = Oracle.BeginRead(new ByteRange(offset, length));
        byte[] bytes = new byte[length];
        try
        {
            int count = uncached
                ? await file.ReadUncachedAsync(offset, bytes, cancellationToken)
                : await file.ReadAsync(offset, bytes, cancellationToken);
            Oracle.EndRead(read, bytes.AsSpan(0, count));
            return true;
        }
        catch (IOException)
        {
            Heard[file]++;
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
        var watched = (range ?? whole).Intersect(new ByteRange(0, range is null ? Oracle.BytesMax : Oracle.Length));
        var flush = Oracle.BeginFlush(watched);
        try
        {
            var result = await file.FlushAndPurgeAsync(range ?? whole, options, cancellationToken);
            Oracle.EndFlush(flush, DoubtedUncached());
            CheckImages(Options.ImageSamples);
            return result;
        }
        catch (IOException)
        {
            Heard[listener ?? (CachedFile)file]++;
            _audit.LookClosely();
            return null;
        }
        finally
        {
            Oracle.Forget(flush);
        }
    }

    internal async Task<bool> SetLengthAsync(CachedFile file, int length)
    {
        ulong[] before = Oracle.Snapshot();
        var changes = Oracle.BeginLength(length);
        IsChangingLength = true;
        try
        {
            await file.SetLengthAsync(length);
            Oracle.End(changes);
            return true;
        }
        catch (IOException)
        {
            Heard[file]++;
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
    internal async Task<bool> WriteLeasedAsync(CachedFile file, ByteRange range, Func<PageLease, Task>? meanwhile = null)
    {
        try
        {
            using var lease = await file.LeaseAsync(range, LeaseAccess.Write);
            byte value = Oracle.NextValue();
            var changes = Oracle.BeginWrite(range.Offset, (int)range.Length, value);
            lease.WritableSpan.Fill(value);
            Oracle.End(changes);
            await Scheduler.PointAsync();
            if (meanwhile is not null) await meanwhile(lease);
            for (int i = 0; i < lease.Span.Length; i += 97)
            {
                Rule(Oracle.MayShow((int)range.Offset + i, lease.Span[i]), "a leased page keeps its bytes (I3)");
            }

            return true;
        }
        catch (IOException)
        {
            Heard[file]++;
            return false;
        }
    }

    /// <summary>Paging I/O: loads pages without the file's hold, as a fault or a mount does.</summary>
    internal async Task<bool> LoadAsync(long offset, int pages = 1)
    {
        try
        {
            int first = (int)(offset >> PageGeometry.PageShift);
            await MapOfFirst!.Loader.BringInAsync(0, PageMask.Of(first, pages), CallMode.Async, CancellationToken.None);
            return true;
        }
        catch (IOException)
        {
            Heard[File]++;
            return false;
        }
    }

    /// <summary>One pass of the lazy writer.</summary>
    internal async Task<bool> LazyPassAsync() =>
        await new LazyWriter(Cache.Core, TimeSpan.FromSeconds(1)).PassAsync(CancellationToken.None);

    /// <summary>Somebody changes the store behind the cache's back; whoever asks the cache from now on must see it after a purge.</summary>
    internal void ChangeStore(long offset, int length)
    {
        byte value = Oracle.NextValue();
        var changes = Oracle.BeginWrite(offset, length, value);
        Store.Overwrite(offset, Fill(value, length));
        Oracle.End(changes);
    }

    internal async Task PauseAsync(int turns)
    {
        for (int i = 0; i < turns; i++) await Scheduler.PointAsync();
    }

    private IEnumerable<ByteRange> DoubtedUncached() =>
        Store.Log.Doubtful.Where(piece => WroteUncached((int)piece.Offset)).Select(static piece => piece.Range);
}
