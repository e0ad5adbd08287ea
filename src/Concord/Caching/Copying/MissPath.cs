using Concord.Memory;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord.Caching;

/// <summary>
/// Reads and writes that miss, in the blocking and in the asynchronous form: pass the gates, prepare the first slice,
/// copy it as on a hit, release the file, and repeat until everything is copied. To prepare a slice is to load its
/// pages (<see cref="Loader"/>), or to claim those that a write covers whole, which are filled instead of loaded
/// (<see cref="PageOverwrite"/>). Of a long read a whole request is loaded first,
/// while helpers load what is behind it (<see cref="RangeLoad"/>). A write
/// first waits, holding nothing, while too much is dirty. For that reason all of such a write comes here, also where it
/// would hit.
/// </summary>
internal sealed partial class MissPath(FileState file, Evictor evictor, Loader loader, EntryGates gates)
{
    /// <summary>Reads the rest of a range, from the first byte that no hit has copied.</summary>
    /// <param name="caller">The handle or hold that reads.</param>
    /// <param name="offset">Where the whole read begins.</param>
    /// <param name="destination">Where its bytes go.</param>
    /// <param name="done">How many a hit has copied already.</param>
    /// <returns>How many bytes were read: all, or fewer where the file ends.</returns>
    internal int Read(IFileCaller caller, long offset, Span<byte> destination, int done)
    {
        var wide = BeginWide(caller, offset, destination.Length, done, CallMode.Blocking, CancellationToken.None);
        try
        {
            while (true)
            {
                // Pass the gates and take the shared hold, unless the caller has the exclusive one.
                SyncCompletion.Wait(gates.EnterForMissAsync(
                    offset + done, caller.HoldsExclusively, CallMode.Blocking, CancellationToken.None));
                try
                {
                    int count = CountToRead(caller, offset, destination.Length);
                    if (done >= count) return done;

                    // Load the first slice, of a long range with what follows, then copy it as a hit. A page that
                    // leaves in between is loaded by the next round.
                    if (wide is not null) SyncCompletion.Wait(wide.AdvanceAsync(offset + done));
                    int length = SyncCompletion.Result(
                        PrepareReadAsync(offset + done, count - done, CallMode.Blocking, CancellationToken.None));
                    done += PageCopier.Read(file, offset + done, destination.Slice(done, length), hasHold: true);
                    evictor.Settle();
                    if (done == count) return done;
                }
                finally
                {
                    Leave(caller);
                }
            }
        }
        finally
        {
            if (wide is not null) SyncCompletion.Wait(wide.EndAsync());
        }
    }

    /// <summary>Reads the rest of a range as <see cref="Read"/> does, without blocking the caller.</summary>
    internal async ValueTask<int> ReadAsync(
        IFileCaller caller, long offset, Memory<byte> destination, int done, CancellationToken cancellationToken)
    {
        var wide = BeginWide(caller, offset, destination.Length, done, CallMode.Async, cancellationToken);
        try
        {
            while (true)
            {
                // The same steps as in Read.
                await gates.EnterForMissAsync(
                    offset + done, caller.HoldsExclusively, CallMode.Async, cancellationToken).ConfigureAwait(false);
                try
                {
                    int count = CountToRead(caller, offset, destination.Length);
                    if (done >= count) return done;
                    if (wide is not null) await wide.AdvanceAsync(offset + done).ConfigureAwait(false);
                    int length = await PrepareReadAsync(
                        offset + done, count - done, CallMode.Async, cancellationToken).ConfigureAwait(false);
                    done += PageCopier.Read(file, offset + done, destination.Span.Slice(done, length), hasHold: true);
                    evictor.Settle();
                    if (done == count) return done;
                }
                finally
                {
                    Leave(caller);
                }
            }
        }
        finally
        {
            if (wide is not null) await wide.EndAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Writes the rest of a range, from the first byte that no hit has copied.</summary>
    /// <param name="caller">The handle or hold that writes.</param>
    /// <param name="offset">Where the whole write begins.</param>
    /// <param name="source">Its bytes.</param>
    /// <param name="done">How many a hit has copied already.</param>
    internal void Write(IFileCaller caller, long offset, ReadOnlySpan<byte> source, int done)
    {
        for (bool wasRefused = false; done < source.Length;)
        {
            // While too much is dirty, clean the file first, with nothing held. Then pass the gates.
            var pass = SyncCompletion.Result(ThrottleAsync(wasRefused, CallMode.Blocking, CancellationToken.None));
            SyncCompletion.Wait(gates.EnterForMissAsync(
                offset + done, caller.HoldsExclusively, CallMode.Blocking, CancellationToken.None));
            int admitted = Admit(offset + done, source.Length - done, pass);
            try
            {
                // Load or claim as many pages of the first slice as were admitted, then copy into them.
                wasRefused = admitted == 0;
                if (wasRefused) continue;
                var prepared = SyncCompletion.Result(PrepareWriteAsync(
                    offset + done, source.Length - done, admitted, CallMode.Blocking, CancellationToken.None));
                done += Put(prepared, offset + done, source.Slice(done, prepared.Slice.Length));
                evictor.Settle();
            }
            finally
            {
                file.Cache.Admission.End(file.Admitted, admitted, pass);
                Leave(caller);
            }
        }
    }

    /// <summary>Writes the rest of a range as <see cref="Write"/> does, without blocking the caller.</summary>
    internal async ValueTask WriteAsync(
        IFileCaller caller, long offset, ReadOnlyMemory<byte> source, int done, CancellationToken cancellationToken)
    {
        for (bool wasRefused = false; done < source.Length;)
        {
            // The same steps as in Write.
            var pass = await ThrottleAsync(wasRefused, CallMode.Async, cancellationToken).ConfigureAwait(false);
            await gates.EnterForMissAsync(
                offset + done, caller.HoldsExclusively, CallMode.Async, cancellationToken).ConfigureAwait(false);
            int admitted = Admit(offset + done, source.Length - done, pass);
            try
            {
                wasRefused = admitted == 0;
                if (wasRefused) continue;
                var prepared = await PrepareWriteAsync(
                    offset + done, source.Length - done, admitted, CallMode.Async, cancellationToken)
                    .ConfigureAwait(false);
                done += Put(prepared, offset + done, source.Span.Slice(done, prepared.Slice.Length));
                evictor.Settle();
            }
            finally
            {
                file.Cache.Admission.End(file.Admitted, admitted, pass);
                Leave(caller);
            }
        }
    }

    private static int CountToRead(FileState file, long offset, int length) =>
        (int)Math.Clamp(file.Sizes.Length - offset, 0, length);

    private int CountToRead(IFileCaller caller, long offset, int length)
    {
        caller.ThrowIfClosed();
        return CountToRead(file, offset, length);
    }

    /// <summary>Has a long read loaded by several requests side by side; null for a read of one piece.</summary>
    private RangeLoad? BeginWide(
        IFileCaller caller, long offset, int length, int done, CallMode mode, CancellationToken cancellationToken) =>
        RangeLoad.BeginOrNull(
            file, evictor, new ByteRange(offset + done, CountToRead(file, offset + done, length - done)),
            caller.HoldsExclusively, mode, cancellationToken);

    private void Leave(IFileCaller caller)
    {
        if (!caller.HoldsExclusively) file.ReleaseShared();
    }

    /// <summary>
    /// Waits while too much is dirty, before the call takes anything; the waiting call writes back itself. A call that
    /// a store makes does not wait here: the write of the file above has waited for both.
    /// </summary>
    private ValueTask<WritePass> ThrottleAsync(bool wasRefused, CallMode mode, CancellationToken cancellationToken)
    {
        if (StoreLevel.Caller is not null) return new(new WritePass { IsUnlimited = true });
        return wasRefused || file.MustClean ? CleanAsync(mode, cancellationToken) : default;
    }

    private async ValueTask<WritePass> CleanAsync(CallMode mode, CancellationToken cancellationToken)
    {
        var pass = await file.Cache.Admission
            .BeginCleaningAsync(file.Admitted, file.Demand, mode, cancellationToken).ConfigureAwait(false);
        await evictor.CleanAsync(file, mode, cancellationToken).ConfigureAwait(false);
        return pass;
    }

    /// <summary>Counts the first slice of a write among the pages that will be dirty.</summary>
    /// <returns>How many of its pages may be made dirty; none if the file has to be cleaned first.</returns>
    private int Admit(long offset, int length, WritePass pass)
    {
        var slice = ExtentSlice.First(offset, length, file.Cache.PiecePagesMax);
        return file.Cache.Admission.TryBegin(
            file.Admitted, file.Demand, PageMask.Count(slice.Pages), pass);
    }

    /// <summary>Makes the first slice of a range readable, at most one extent's worth.</summary>
    /// <returns>
    /// How many bytes from <paramref name="offset"/> on it has; none when a lease overwrites its first page: the caller
    /// waits for that at the gates, without the file.
    /// </returns>
    internal async ValueTask<int> PrepareReadAsync(
        long offset, int length, CallMode mode, CancellationToken cancellationToken)
    {
        // A page that a lease overwrites ends the slice: its holder may need the file, so nothing waits for it here.
        var slice = ExtentSlice.First(offset, length, file.Cache.PiecePagesMax);
        file.ThrowIfSuspended(new ByteRange(offset, slice.Length));
        ulong pages = PageMask.FirstRun(slice.Pages & ~OverwritingIn(slice.Extent));
        if ((pages & slice.Pages & (0 - slice.Pages)) == PageMask.None) return 0;
        slice = slice.ClipToRun(pages);

        // Load what is absent.
        bool isThere = await loader.TryEnsureResidentAsync(
            slice.Extent, slice.Pages, mode, cancellationToken).ConfigureAwait(false);
        return isThere ? slice.Length : 0;
    }

    /// <summary>
    /// Makes the first slice of a range writable. Pages that the caller overwrites whole are claimed and not read; they
    /// come back as <see cref="PreparedWrite.Claim"/>, to be filled. The slice is empty when a lease overwrites its
    /// first page: the caller waits for that at the gates, without the file.
    /// </summary>
    private async ValueTask<PreparedWrite> PrepareWriteAsync(
        long offset, int length, int pagesMax, CallMode mode, CancellationToken cancellationToken)
    {
        var slice = ExtentSlice.First(offset, length, pagesMax);
        file.ThrowIfSuspended(new ByteRange(offset, slice.Length));
        while (true)
        {
            await file.Scheduler.YieldPointAsync().ConfigureAwait(false);
            ulong absent, writable;
            Signal? change = null;

            // Look at the pages under the lock, and keep the run that begins with the first page, in one state.
            var extent = file.EnsureExtent(slice.Extent);
            lock (extent)
            {
                if (extent.IsRetired) continue;
                ulong first = slice.Pages & (0 - slice.Pages);
                if ((extent.Overwriting & first) != PageMask.None) return default;
                writable = extent.Writable & slice.Pages;
                absent = slice.Pages & extent.AbsentLocked;
                if (((writable | absent) & first) == 0) change = extent.NextChangeLocked();
                writable = (writable & first) != 0 ? PageMask.FirstRun(writable) : PageMask.None;
                absent = (absent & first) != 0 ? PageMask.FirstRun(absent) : PageMask.None;
            }

            if (change is not null)
            {
                // The first page is claimed or being written: wait until its state changes.
                await file.StoreWait.WaitAsync(change, mode, cancellationToken).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                continue;
            }

            // The first page is resident: copy as on a hit.
            if (writable != PageMask.None) return new PreparedWrite(slice.ClipToRun(writable));
            ulong whole = slice.WhollyCovered(offset, file.Sizes.Length) & absent;
            if ((whole & (absent & (0 - absent))) == 0)
            {
                // The first page keeps some of its bytes: load it first.
                ulong partial = absent & (0 - absent);
                bool isThere = await loader.TryEnsureResidentAsync(
                    slice.Extent, partial, mode, cancellationToken).ConfigureAwait(false);
                if (!isThere) return default;
                continue;
            }

            // The write covers the first page whole: claim the run of such pages, and do not read the store.
            whole = PageMask.FirstRun(whole);
            var claim = await loader
                .ClaimForOverwriteAsync(
                    slice.Extent, whole, offset + slice.Length, mode, cancellationToken).ConfigureAwait(false);
            if (claim is { } got) return new PreparedWrite(slice.ClipToRun(whole), got.Extent, got.Claim);
        }
    }

    /// <summary>Copies into prepared pages as on a hit, or fills the pages that were claimed.</summary>
    /// <returns>How many bytes were copied.</returns>
    private int Put(PreparedWrite prepared, long offset, ReadOnlySpan<byte> source)
    {
        if (prepared.Claim is null) return PageCopier.Write(file, offset, source, hasHold: true);
        PageOverwrite.Fill(file, prepared.Slice, prepared.Extent!, prepared.Claim, source);
        return source.Length;
    }

    private ulong OverwritingIn(long index)
    {
        if (file.Extents.Find(index) is not { } extent) return PageMask.None;
        lock (extent) return extent.Overwriting;
    }

    /// <summary>A slice that may be written now, with a claim where its pages were absent.</summary>
    private readonly record struct PreparedWrite(ExtentSlice Slice, Extent? Extent = null, PageLoad? Claim = null);
}
