using System.Runtime.CompilerServices;
using Concord.Caching;
using Concord.Scheduling;

namespace Concord;

/// <summary>The operations of a cached file, through a handle and through its exclusive hold.</summary>
/// <remarks>
/// Safe for use by several threads. Each call that may take time has a blocking and an asynchronous form; what is
/// in memory completes at once in both, without allocation, lock or system call. Copies are atomic for each
/// aligned 8 bytes of the file; a call that overlaps another in time and range may see or leave a mixture of both
/// at that grain, never a page half loaded.
/// <para>
/// Every call that may wait throws <see cref="InvalidOperationException"/> from within a call of the file's own store
/// or log: it would wait for itself.
/// </para>
/// </remarks>
public abstract partial class FileOperations : ICoherentFile, IFileCaller
{
    private static readonly ByteRange Whole = new(0, long.MaxValue);

    // Fields of the base, so that a hit asks no derived type.
    private volatile bool _isReadable;
    private volatile bool _isWritable;

    /// <param name="services">The file.</param>
    /// <param name="reach">How far a write has come when its call returns.</param>
    /// <param name="canRead">Whether bytes can be read until the object ends.</param>
    /// <param name="canWrite">Whether bytes can be written until the object ends.</param>
    private protected FileOperations(FileServices services, WriteReach reach, bool canRead, bool canWrite)
    {
        Services = services;
        State = services.State;
        Reach = reach;
        _isReadable = canRead;
        _isWritable = canWrite;
    }

    /// <summary>The file's name in messages: the name of its store.</summary>
    public string Name => State.Store.Traits.Name;

    /// <summary>The name with control characters escaped, for messages: it may come from untrusted input.</summary>
    internal string Label => State.Store.Label;

    /// <summary>The file's length in bytes, unwritten extensions included.</summary>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public long Length
    {
        get
        {
            ThrowIfClosed();
            State.Level.NoteUse();
            return State.Sizes.Length;
        }
    }

    /// <summary>Whether the handle was opened so that bytes of the file can be read and leased through it.</summary>
    public abstract bool CanRead { get; }

    /// <summary>
    /// Whether the file can be written and its length changed through this handle: whether its store takes writes.
    /// </summary>
    public abstract bool CanWrite { get; }

    /// <summary>
    /// Why caches of other processes are not kept from the file as <see cref="FileShare"/> asked: the store is no local
    /// file, or its file system or this system has no locks for it. Null while they are kept out. Caches of this
    /// process always are.
    /// </summary>
    public string? UnlockedReason => State.Sharing.UnlockedReason;

    internal FileServices Services { get; }

    /// <summary>The file's state; a field beside the services, so that a hit finds it with one load.</summary>
    internal FileState State { get; }

    /// <summary>How far a write has come when its call returns.</summary>
    internal WriteReach Reach { get; }

    bool IFileCaller.HoldsExclusively => HoldsExclusively;

    void IFileCaller.ThrowIfClosed() => ThrowIfClosed();

    /// <summary>Whether bytes can be read now: whether it is open, and for reading.</summary>
    internal bool IsReadable => _isReadable;

    /// <summary>Whether bytes can be written now: whether it is open, and for writing.</summary>
    internal bool IsWritable => _isWritable;

    /// <summary>Whether the caller has the file's exclusive hold, and so does not wait for it.</summary>
    internal bool HoldsExclusively { get; private protected init; }

    /// <summary>Reads ahead for reads in order; null for none.</summary>
    private protected ReadAhead? Ahead { get; init; }

    /// <summary>The identity under which errors are reported: to each handle once.</summary>
    private protected abstract object Listener { get; }

    /// <summary>
    /// Reads bytes from the cache, and from the store what the cache does not have.
    /// Blocks for what the cache does not have.
    /// </summary>
    /// <param name="offset">The first byte, 0 or more.</param>
    /// <param name="destination">Where the bytes go.</param>
    /// <returns>How many bytes were read: all, or fewer where the file ends.</returns>
    /// <exception cref="IOException">
    /// The store could not be read, or the cache is full; the destination may hold some bytes.
    /// </exception>
    /// <exception cref="NotSupportedException">The file was opened for writing.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="offset"/> is negative.</exception>
    /// <exception cref="InvalidOperationException">
    /// It comes from within a call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public int Read(long offset, Span<byte> destination)
    {
        int count = CountToRead(offset, destination.Length);
        if (Bounce.IsNeeded(destination)) return ReadBounced(offset, destination);
        int done = PageCopier.Read(State, offset, destination[..count], HoldsExclusively);
        return done == count && offset + count <= AheadMark ? count : ReadSlowPath(offset, destination, count, done);
    }

    /// <summary>Reads bytes, as <see cref="Read"/> does, without blocking the caller.</summary>
    /// <param name="offset">The first byte, 0 or more.</param>
    /// <param name="destination">Where the bytes go; must not be touched until the call has completed.</param>
    /// <param name="cancellationToken">Stops the call; the destination may hold some bytes.</param>
    /// <returns>How many bytes were read: all, or fewer where the file ends.</returns>
    /// <exception cref="IOException">
    /// The store could not be read, or the cache is full; the destination may hold some bytes.
    /// </exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="NotSupportedException">The file was opened for writing.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="offset"/> is negative.</exception>
    /// <exception cref="InvalidOperationException">
    /// The caller holds the file and has suspended some of these pages: resume them first. Or it comes from within a
    /// call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public ValueTask<int> ReadAsync(long offset, Memory<byte> destination,
        CancellationToken cancellationToken = default)
    {
        int count = CountToRead(offset, destination.Length);
        if (Bounce.IsNeeded(destination.Span))
        {
            return ReadBouncedAsync(offset, destination, isUncached: false, CallMode.Async, cancellationToken);
        }

        int done = PageCopier.Read(State, offset, destination.Span[..count], HoldsExclusively);
        if (done < count || offset + count > AheadMark) Ahead?.Passed(offset, count, CallMode.Async);
        return done == count
            ? new ValueTask<int>(count)
            : Services.MissPath.ReadAsync(this, offset, destination, done, cancellationToken);
    }

    /// <summary>
    /// Writes bytes into the cache; the store gets them later, or with the next flush, or before this returns:
    /// <see cref="FileCacheOptions.WriteMode"/>, <see cref="FileOptions.WriteThrough"/>. Blocks for what is not in
    /// memory, while too much is dirty, and for the store where it is to have the bytes.
    /// </summary>
    /// <param name="offset">The first byte, 0 or more; the file grows when the end lies beyond its length.</param>
    /// <param name="source">The bytes.</param>
    /// <exception cref="IOException">
    /// A page that is partly overwritten could not be read, or the cache is full: some of the bytes may be in the file.
    /// Or the store was to have the bytes and refused them: they are in the file, dirty; the next flush tries again.
    /// </exception>
    /// <exception cref="NotSupportedException">The file was opened for reading.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="offset"/> is negative, or the end lies beyond the longest file, of 32 TiB.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The caller holds the file and has suspended some of these pages: resume them first. Or it comes from within a
    /// call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        CheckWrite(offset, source.Length);
        if (Bounce.IsNeeded(source))
        {
            WriteBounced(offset, source);
            return;
        }

        if (LeavesGap(offset, source.Length))
            SyncCompletion.Wait(PrepareGapAsync(offset, CallMode.Blocking, CancellationToken.None));
        int done = State.Cache.Admission.MayHit(source.Length)
            ? PageCopier.Write(State, offset, source, HoldsExclusively)
            : 0;
        if (done < source.Length || Reach != WriteReach.Memory) WriteSlowPath(offset, source, done);
    }

    /// <summary>Writes bytes, as <see cref="Write"/> does, without blocking the caller.</summary>
    /// <param name="offset">The first byte, 0 or more; the file grows when the end lies beyond its length.</param>
    /// <param name="source">The bytes; they must not change until the call has completed.</param>
    /// <param name="cancellationToken">Stops the call; some of the bytes may be in the file.</param>
    /// <exception cref="IOException">
    /// A page that is partly overwritten could not be read, or the cache is full: some of the bytes may be in the file.
    /// Or the store was to have the bytes and refused them: they are in the file, dirty; the next flush tries again.
    /// </exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="NotSupportedException">The file was opened for reading.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="offset"/> is negative, or the end lies beyond the longest file, of 32 TiB.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The caller holds the file and has suspended some of these pages: resume them first. Or it comes from within a
    /// call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        CheckWrite(offset, source.Length);
        if (Bounce.IsNeeded(source.Span)) return WriteBouncedAsync(offset, source, cancellationToken);
        return LeavesGap(offset, source.Length)
            ? WriteBehindGapAsync(offset, source, cancellationToken)
            : WriteCheckedAsync(offset, source, cancellationToken);
    }

    private ValueTask WriteCheckedAsync(long offset, ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        int done = State.Cache.Admission.MayHit(source.Length)
            ? PageCopier.Write(State, offset, source.Span, HoldsExclusively)
            : 0;
        return done == source.Length && Reach == WriteReach.Memory
            ? ValueTask.CompletedTask
            : WriteSlowPathAsync(offset, source, done, cancellationToken);
    }

    /// <summary>
    /// Holds pages in place, to be touched without a copy. Loads absent pages; blocks for that.
    /// </summary>
    /// <param name="range">The bytes, within the file; not empty, and at most <see cref="int.MaxValue"/> long.</param>
    /// <param name="access">What the lease is for.</param>
    /// <returns>The lease; dispose it soon.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The range is empty, too long, or ends beyond the file; or <paramref name="access"/> is not defined; or the file
    /// has grown, the range lies in two windows of private memory (see <see cref="SectionKind.Private"/>), and each
    /// side of it has to be leased on its own.
    /// </exception>
    /// <exception cref="IOException">The store could not be read, or the cache is full; no page is held.</exception>
    /// <exception cref="NotSupportedException">
    /// The lease is for writing, and the file was opened for reading; or it shows bytes, and the file was opened for
    /// writing.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <exception cref="InvalidOperationException">
    /// It comes from within a call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public PageLease Lease(ByteRange range, LeaseAccess access = LeaseAccess.Read)
    {
        CheckLease(range, access);
        return SyncCompletion.Result(TakeLeaseAsync(range, access, CallMode.Blocking, CancellationToken.None));
    }

    /// <summary>Holds pages in place, as <see cref="Lease"/> does, without blocking the caller.</summary>
    /// <param name="range">The bytes, within the file; not empty, and at most <see cref="int.MaxValue"/> long.</param>
    /// <param name="access">What the lease is for.</param>
    /// <param name="cancellationToken">Stops the call; no page is held then.</param>
    /// <returns>The lease; dispose it soon.</returns>
    /// <inheritdoc cref="Lease" path="/exception"/>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public ValueTask<PageLease> LeaseAsync(
        ByteRange range, LeaseAccess access = LeaseAccess.Read, CancellationToken cancellationToken = default)
    {
        CheckLease(range, access);
        return TakeLeaseAsync(range, access, CallMode.Async, cancellationToken);
    }

    /// <inheritdoc/>
    public CoherencyResult FlushAndPurge(CoherencyOptions options = CoherencyOptions.None) =>
        FlushAndPurge(Whole, options);

    /// <inheritdoc/>
    public CoherencyResult FlushAndPurge(ByteRange range, CoherencyOptions options = CoherencyOptions.None)
    {
        ThrowIfClosed();
        EnumArgument.ThrowIfUndefined(options);
        if (CleanFlushFastPath.TryAnswer(State, range, options, out var clean)) return clean;
        return SyncCompletion.Result(OperateAsync(range, options, CallMode.Blocking, CancellationToken.None));
    }

    /// <inheritdoc/>
    public ValueTask<CoherencyResult> FlushAndPurgeAsync(
        CoherencyOptions options = CoherencyOptions.None, CancellationToken cancellationToken = default) =>
        FlushAndPurgeAsync(Whole, options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<CoherencyResult> FlushAndPurgeAsync(
        ByteRange range,
        CoherencyOptions options = CoherencyOptions.None,
        CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        EnumArgument.ThrowIfUndefined(options);
        if (!cancellationToken.IsCancellationRequested
            && CleanFlushFastPath.TryAnswer(State, range, options, out var clean))
        {
            return new ValueTask<CoherencyResult>(clean);
        }

        return OperateAsync(range, options, CallMode.Async, cancellationToken);
    }

    /// <summary>Takes the exclusive hold for a call; does nothing if the caller has it.</summary>
    private protected abstract ValueTask HoldExclusiveAsync(CallMode mode, CancellationToken cancellationToken);

    /// <summary>Ends what <see cref="HoldExclusiveAsync"/> began.</summary>
    private protected abstract void ReleaseExclusive();

    private protected abstract void ThrowIfClosed();

    /// <summary>From now on nothing can be read or written: the file was closed, or the hold released.</summary>
    private protected void EndAccess()
    {
        _isReadable = false;
        _isWritable = false;
        State.ChangeHitTerms();
    }

    private async ValueTask<CoherencyResult> OperateAsync(
        ByteRange range, CoherencyOptions options, CallMode mode, CancellationToken cancellationToken)
    {
        if (range.IsEmpty) return new CoherencyResult(CoherencyStatus.Success, 0, 0, 0, []);
        await HoldExclusiveAsync(mode, cancellationToken).ConfigureAwait(false);
        try
        {
            State.ThrowIfSuspended(range);
            var result = await Services.Operation.RunAsync(Listener, range, options, mode, cancellationToken)
                .ConfigureAwait(false);
            if (State.Cache.HasFailedFiles) State.Cache.HealFailed(State);
            return result;
        }
        catch (WriteBackException error) when (error.Result.IsComplete && State.Cache.HasFailedFiles)
        {
            // The error is of pages that have been written since.
            State.Cache.HealFailed(State);
            throw;
        }
        finally
        {
            ReleaseExclusive();
        }
    }

    /// <summary>
    /// The rest of a read after the hit: a method of its own, so that a hit does not pay for its frame.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int ReadSlowPath(long offset, Span<byte> destination, int count, int done)
    {
        Ahead?.Passed(offset, count, CallMode.Blocking);
        return done == count ? count : Services.MissPath.Read(this, offset, destination, done);
    }

    /// <summary>The rest of a write after the hit: misses, and bytes that the store must have at once.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteSlowPath(long offset, ReadOnlySpan<byte> source, int done)
    {
        Services.MissPath.Write(this, offset, source, done);
        if (Reach == WriteReach.Memory) return;
        var written = new ByteRange(offset, source.Length);
        SyncCompletion.Wait(PushAsync(written, CallMode.Blocking, CancellationToken.None));
    }

    private async ValueTask WriteSlowPathAsync(
        long offset, ReadOnlyMemory<byte> source, int done, CancellationToken cancellationToken)
    {
        await Services.MissPath.WriteAsync(this, offset, source, done, cancellationToken).ConfigureAwait(false);
        if (Reach == WriteReach.Memory) return;
        await PushAsync(new ByteRange(offset, source.Length), CallMode.Async, cancellationToken).ConfigureAwait(false);
    }

    private long AheadMark => Ahead?.Mark ?? long.MaxValue;
}
