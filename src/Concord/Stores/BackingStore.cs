using System.Collections.ObjectModel;
using Concord.Interop;
using Concord.Stores;

namespace Concord;

/// <summary>
/// The place where the bytes of a cached file live: a file, memory, a service. A cache reads it, writes it in long
/// runs, and asks it for durable barriers.
/// </summary>
/// <remarks>
/// <para>
/// A store implements, of each pair of forms, the synchronous or the asynchronous one (or both): each default calls the
/// other. Where a store has the asynchronous form only, the synchronous default blocks its thread, and the store runs
/// without the caller's synchronization context and task scheduler. The cache may call it from several threads at once,
/// reads, writes, barriers and lengths beside each other. It never has two writes in flight that overlap, nor two
/// changes of length, nor a change of length together with a write that ends beyond the new length. Reads may go on
/// anywhere meanwhile; the cache ignores what a read returns of bytes that a write or a length changes at the same
/// time.
/// </para>
/// <para>
/// What a store promises: a read that begins after a write has returned sees its bytes; bytes between the old and the
/// new end of a store that grew, by a write or by a length, read as zeros; everything accepted before a barrier began
/// survives a loss of power once the barrier has returned. A call that throws may have done its work, a part of it, or
/// nothing. Callers of the cache get an <see cref="IOException"/> whatever the store throws; a cancellation is passed
/// on only where the token that was passed asks for it. The store's properties are read when it is opened, and hold as
/// long as it is open. A store is not opened if a property throws, or is impossible.
/// </para>
/// </remarks>
public abstract class BackingStore : IDisposable
{
    /// <summary>
    /// The identity of the store's bytes: two stores with equal identities (<see cref="object.Equals(object?)"/>) are
    /// one file to a cache. By default the object itself. Two stores of one file must have equal identities.
    /// </summary>
    public virtual object Identity => this;

    /// <summary>The store's name in messages: a path, an address. The type's name where there is none.</summary>
    public virtual string Name => GetType().Name;

    /// <summary>The name with control characters escaped, for messages: it may come from untrusted input.</summary>
    internal string Label => Volatile.Read(ref _traits)?.Label ?? ShownText.Of(StoreTraits.NameOf(this));

    /// <summary>
    /// Whether the store is memory itself, reached through the processors' caches: then a barrier is a flush of the
    /// store's lines, and a purge invalidates them. See <see cref="FlushLines"/>.
    /// </summary>
    public virtual bool IsMemory => false;

    /// <summary>
    /// Whether every read is answered from memory at once: it waits for no device, no other machine, and no thread that
    /// may wait for a page of a view. The thread that listens for page faults of views then reads the store itself; for
    /// any other store another thread listens first, which costs some microseconds a miss. False by default.
    /// </summary>
    public virtual bool IsImmediate => false;

    /// <summary>
    /// How many reads of the store the cache keeps in flight for calls that load long ranges of one file, 1 or more: 8
    /// by default. With 1, such a call begins no read before its last one has ended. Calls of the program that each
    /// miss a page do not count: every one reads for itself.
    /// </summary>
    public virtual int MaxConcurrentRequests => 8;

    /// <summary>
    /// The most bytes that the cache asks for in one read, 1 or more: 16 MiB by default. A longer read is made of
    /// several.
    /// </summary>
    public virtual int MaxRequestBytes => 16 << 20;

    /// <summary>
    /// The length of a read from which on the store's own cost of a read hardly counts, in bytes, 1 or more: 1 MiB by
    /// default. A long range is read in pieces of this length or longer, as long as <see cref="MaxRequestBytes"/> and
    /// the cache's memory allow. A shorter range is one read.
    /// </summary>
    public virtual int BestRequestBytes => 1 << 20;

    /// <summary>
    /// Whether the store takes writes. A handle of a store that does not refuses them at once, instead of keeping pages
    /// that cannot be written back.
    /// </summary>
    public virtual bool CanWrite => true;

    /// <summary>
    /// The longest the store can be, in bytes: a write or a length beyond it is refused at once. No limit by
    /// default; a store of a fixed length gives that.
    /// </summary>
    public virtual long MaxLength => long.MaxValue;

    /// <summary>
    /// The files of a cache that the store keeps its bytes in, and a log of such a file with it; by default the store
    /// does not say. Asked once, when the store is opened.
    /// </summary>
    /// <remarks>
    /// A cache finds out by itself which files a store is built on while the store calls them on the thread of its
    /// call, or with the execution context of it. A store that hands its calls to a thread of its own names the files
    /// here. Otherwise those calls wait for a quarter of a second, when memory is full of the pages of the file above,
    /// before the cache gives them room for which they need not wait. A store that names a file which is built on the
    /// store itself is refused when it is opened. Files of no cache make no difference.
    /// <para>
    /// A store that is built on no file of a cache may say so with an empty list. While a store that does not say
    /// cannot be written, a cache that is closed leaves all files open that may be below it.
    /// </para>
    /// </remarks>
    public virtual IReadOnlyCollection<ICoherentFile> FilesBelow => Unnamed;

    /// <summary>What a store returns that does not say which files it is built on.</summary>
    internal static readonly IReadOnlyCollection<ICoherentFile> Unnamed = new ReadOnlyCollection<ICoherentFile>([]);

    /// <summary>
    /// A text that stands for the bytes that the store shows now, in every process and for ever: stores that give the
    /// same text have the same bytes, from the first to the last. Null, as by default, where the store cannot promise
    /// that.
    /// </summary>
    /// <remarks>
    /// What keeps copies beyond the life of a store (<see cref="TieredStore"/>) knows them again by it. An address with
    /// a strong entity tag, or an object with the number of its version, will do; a length or a time of change does
    /// not. It changes when the store goes on with another version (<see cref="Refresh"/>), and is asked for by each
    /// read. It may hold secrets, such as the query of an address: it is in no message, and only a hash of it is kept.
    /// Does not block.
    /// </remarks>
    public virtual string? ContentKey => null;

    /// <summary>
    /// Length of the store now, in bytes: never an older one than that of the last <see cref="Refresh"/>. May block.
    /// </summary>
    /// <returns>The length, 0 or more.</returns>
    /// <exception cref="IOException">The store cannot be asked.</exception>
    /// <exception cref="NotSupportedException">The store overrides neither form.</exception>
    public virtual long GetLength() =>
        DefaultFormGuard.Wait(this, nameof(GetLength), () => GetLengthAsync(CancellationToken.None));

    /// <summary>Length of the store now, as <see cref="GetLength"/> tells it, without blocking the caller.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The length, 0 or more.</returns>
    /// <exception cref="IOException">The store cannot be asked.</exception>
    /// <exception cref="NotSupportedException">The store overrides neither form.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public virtual ValueTask<long> GetLengthAsync(CancellationToken cancellationToken)
    {
        DefaultFormGuard.ThrowIfAsked(this, nameof(GetLength));
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<long>(GetLength());
    }

    /// <summary>
    /// Forgets what the store remembers of the version it knows: its length, a tag, a list of parts, bytes fetched
    /// ahead. Reads and lengths that begin after it has returned show what other programs had written before it began.
    /// Loses nothing that the store has accepted. May block. A store that remembers nothing between calls overrides
    /// neither form; the default does nothing.
    /// </summary>
    /// <remarks>
    /// The cache calls it before it looks for what other programs have written, at the same time as any other call.
    /// </remarks>
    /// <exception cref="IOException">The store cannot be asked; it may know the older version still.</exception>
    public virtual void Refresh() =>
        DefaultFormGuard.Wait(this, nameof(Refresh), () => RefreshAsync(CancellationToken.None));

    /// <summary>Forgets the known version, as <see cref="Refresh"/> does, without blocking the caller.</summary>
    /// <param name="cancellationToken">Stops waiting; the store may know the older version still.</param>
    /// <exception cref="IOException">The store cannot be asked; it may know the older version still.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public virtual ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!DefaultFormGuard.IsAsked(this, nameof(Refresh))) Refresh();
        return ValueTask.CompletedTask;
    }

    /// <summary>Reads bytes. Blocks until they are there.</summary>
    /// <param name="offset">The first byte, 0 or more.</param>
    /// <param name="destination">Where the bytes go.</param>
    /// <returns>
    /// How many bytes were read: all that were asked for, or fewer where the store ends. A store that gets its bytes in
    /// parts should join them; the cache reads on after a short read, and treats a read of no bytes before the store's
    /// own length as a failure.
    /// </returns>
    /// <exception cref="IOException">The bytes could not be read; the destination may hold some of them.</exception>
    public virtual int Read(long offset, Memory<byte> destination) =>
        DefaultFormGuard.Wait(this, nameof(Read), () => ReadAsync(offset, destination, CancellationToken.None));

    /// <summary>Reads bytes, as <see cref="Read"/> does, without blocking the caller.</summary>
    /// <param name="offset">The first byte, 0 or more.</param>
    /// <param name="destination">Where the bytes go; must not be touched until the call has completed.</param>
    /// <param name="cancellationToken">Stops the read; the destination may hold some bytes.</param>
    /// <returns>How many bytes were read: all that were asked for, or fewer where the store ends.</returns>
    /// <exception cref="IOException">The bytes could not be read; the destination may hold some of them.</exception>
    /// <exception cref="NotSupportedException">The store overrides neither form.</exception>
    public virtual ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        DefaultFormGuard.ThrowIfAsked(this, nameof(Read));
        cancellationToken.ThrowIfCancellationRequested();
        _hasReadOnThread = true;
        return new ValueTask<int>(Read(offset, destination));
    }

    /// <summary>
    /// Writes pieces one after the other, from an offset on. Blocks until the store has accepted them all.
    /// </summary>
    /// <param name="offset">
    /// Where the first piece goes, 0 or more; the store grows when the end lies beyond its length.
    /// </param>
    /// <param name="pieces">The bytes, in order.</param>
    /// <exception cref="IOException">The store refused; any part of the bytes may be in it.</exception>
    public virtual void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces) =>
        DefaultFormGuard.Wait(this, nameof(Write), () => WriteAsync(offset, pieces, CancellationToken.None));

    /// <summary>Writes pieces, as <see cref="Write"/> does, without blocking the caller.</summary>
    /// <param name="offset">Where the first piece goes, 0 or more.</param>
    /// <param name="pieces">The bytes, in order; they stay unchanged until the call has completed.</param>
    /// <param name="cancellationToken">Stops the write; any part of the bytes may be in the store.</param>
    /// <exception cref="IOException">The store refused; any part of the bytes may be in it.</exception>
    /// <exception cref="NotSupportedException">The store overrides neither form.</exception>
    public virtual ValueTask WriteAsync(
        long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken)
    {
        DefaultFormGuard.ThrowIfAsked(this, nameof(Write));
        cancellationToken.ThrowIfCancellationRequested();
        Write(offset, pieces);
        return ValueTask.CompletedTask;
    }

    /// <summary>Makes durable everything the store accepted before this call. Blocks until that is done.</summary>
    /// <exception cref="IOException">Nothing may be assumed durable that no earlier barrier covered.</exception>
    public virtual void Barrier() =>
        DefaultFormGuard.Wait(this, nameof(Barrier), () => BarrierAsync(CancellationToken.None));

    /// <summary>Makes durable everything accepted before this call, without blocking the caller.</summary>
    /// <param name="cancellationToken">Stops waiting; nothing may then be assumed durable.</param>
    /// <exception cref="IOException">Nothing may be assumed durable that no earlier barrier covered.</exception>
    /// <exception cref="NotSupportedException">The store overrides neither form.</exception>
    public virtual ValueTask BarrierAsync(CancellationToken cancellationToken)
    {
        DefaultFormGuard.ThrowIfAsked(this, nameof(Barrier));
        cancellationToken.ThrowIfCancellationRequested();
        Barrier();
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Announces that a barrier will follow soon, of bytes that the store has just accepted. A store that keeps them in
    /// a cache of its own may begin to make them durable, so that the barrier has less to do. Must not wait until they
    /// are durable, and throws no error: the barrier does. Does nothing by default.
    /// </summary>
    /// <param name="range">The bytes that were written.</param>
    public virtual void AnnounceBarrier(ByteRange range)
    {
    }

    /// <summary>
    /// Drops copies of a range that the store keeps, or that a cache below it keeps, so that bytes written there next
    /// reach the disk. Called before bytes are written after a barrier has failed: such a cache may show bytes whose
    /// write failed, treat them as written, and skip them when they are written again. Then a good barrier later would
    /// prove nothing of them. Bytes that only other programs have written there are kept. May block. A store without
    /// such a cache overrides neither form; the default does nothing.
    /// </summary>
    /// <param name="range">The bytes that are about to be written.</param>
    /// <exception cref="IOException">
    /// The copies cannot be dropped: the bytes are not written, and stay dirty in the cache.
    /// </exception>
    public virtual void DropCopies(ByteRange range) =>
        DefaultFormGuard.Wait(this, nameof(DropCopies), () => DropCopiesAsync(range, CancellationToken.None));

    /// <summary>Drops copies, as <see cref="DropCopies"/> does, without blocking the caller.</summary>
    /// <param name="range">The bytes that are about to be written.</param>
    /// <param name="cancellationToken">Stops waiting; any part of the copies may be gone.</param>
    /// <exception cref="IOException">
    /// The copies cannot be dropped: the bytes are not written, and stay dirty in the cache.
    /// </exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public virtual ValueTask DropCopiesAsync(ByteRange range, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!DefaultFormGuard.IsAsked(this, nameof(DropCopies))) DropCopies(range);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Cuts the store or makes it longer; new bytes read as zeros. Blocks until the store has accepted it.
    /// </summary>
    /// <param name="length">The new length, 0 or more bytes.</param>
    /// <exception cref="IOException">The store refused; its length is the old or the new one.</exception>
    public virtual void SetLength(long length) =>
        DefaultFormGuard.Wait(this, nameof(SetLength), () => SetLengthAsync(length, CancellationToken.None));

    /// <summary>Cuts the store or makes it longer, without blocking the caller.</summary>
    /// <param name="length">The new length, 0 or more bytes.</param>
    /// <param name="cancellationToken">Stops waiting; the length is the old or the new one.</param>
    /// <exception cref="IOException">The store refused; its length is the old or the new one.</exception>
    /// <exception cref="NotSupportedException">The store overrides neither form.</exception>
    public virtual ValueTask SetLengthAsync(long length, CancellationToken cancellationToken)
    {
        DefaultFormGuard.ThrowIfAsked(this, nameof(SetLength));
        cancellationToken.ThrowIfCancellationRequested();
        SetLength(length);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Writes the store's own lines of a range back from the processors' caches and invalidates them; called only
    /// where <see cref="IsMemory"/> holds. Does not block.
    /// </summary>
    /// <param name="range">The bytes of the store.</param>
    /// <exception cref="NotSupportedException">The store is not memory.</exception>
    public virtual void FlushLines(ByteRange range) =>
        throw new NotSupportedException($"{Label} is not memory: it has no lines to flush");

    /// <summary>
    /// Whether the thread that writes back makes the calls itself, one after the other, and no other thread helps it:
    /// where the store takes locks that belong to threads, which the caller may have taken already.
    /// </summary>
    internal virtual bool KeepsThread => false;

    /// <summary>
    /// Whether an asynchronous read keeps a thread: reads side by side are then made by threads of the library's own,
    /// of which there are enough. Not known of a class with a synchronous form only before its first read.
    /// </summary>
    internal virtual bool ReadsOnThread => _hasReadOnThread;

    private volatile bool _hasReadOnThread;

    /// <summary>Whether its calls never lead to a file of a cache.</summary>
    internal virtual bool IsLowest => Traits.IsImmediate;

    /// <summary>The store's properties when it was opened last; if it never was, as they are now.</summary>
    internal StoreTraits Traits => Volatile.Read(ref _traits) ?? new StoreTraits(this);

    private StoreTraits? _traits;

    /// <summary>Reads the store's properties, which hold from now on.</summary>
    /// <exception cref="IOException">A property throws, or is impossible; those read before stay valid.</exception>
    internal void AskTraits()
    {
        var traits = new StoreTraits(this);
        if (traits.Refusal is { } refusal) throw refusal;
        Volatile.Write(ref _traits, traits);
    }

    /// <summary>
    /// The file's level among files whose stores are built on each other: one object for all its stores.
    /// </summary>
    internal StoreLevel Level
    {
        get => LazyInitializer.EnsureInitialized(ref _level);
        set => Volatile.Write(ref _level, value);
    }

    private StoreLevel? _level;

    /// <summary>Whether a barrier has failed: writes from then on drop copies first.</summary>
    internal bool HasFailedBarrier
    {
        get => _hasFailedBarrier;
        set => _hasFailedBarrier = value;
    }

    private volatile bool _hasFailedBarrier;

    /// <summary>
    /// Whether the store was closed, by the cache or by its owner: it cannot serve a file, and does not guarantee its
    /// identity.
    /// </summary>
    internal bool IsClosedByOwner => _isDisposed;

    private volatile bool _isDisposed;

    /// <summary>
    /// Closes the store. The cache has written everything back, or the owner has discarded it.
    /// Blocks until the store has let go what it has.
    /// </summary>
    public void Dispose()
    {
        _isDisposed = true;
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the store holds. May block.</summary>
    /// <param name="disposing">Whether the call comes from <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}
