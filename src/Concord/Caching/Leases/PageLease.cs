using Concord.Caching;
using Concord.Memory;

namespace Concord;

/// <summary>
/// Pages of a cached file held in place, to be touched without a copy. While it lasts the pages neither move nor
/// vanish; a flush and purge writes them as they stand and reports them as left.
/// </summary>
/// <remarks>
/// <para>
/// Not safe for use by several threads at once; the bytes are as safe as any shared memory. Dispose it soon: the memory
/// of pages under a lease cannot be reclaimed. A lease that is dropped without disposal is never released.
/// </para>
/// <para>I/O of the kernel into or out of a file's memory (direct I/O, io_uring, RDMA) must hold a lease.</para>
/// </remarks>
public sealed unsafe class PageLease : IDisposable
{
    // Null before the lease has begun and after it has ended.
    private ILeaseOwner? _owner;
    private readonly ILeaseOwner _giver;
    private byte* _address;
    private SectionAlias? _alias;
    private LeaseMemory? _memory;
    private LeaseParts _parts;

    internal PageLease(ILeaseOwner owner, ByteRange range, LeaseAccess access)
    {
        _giver = owner;
        Range = range;
        Access = access;
    }

    /// <summary>The pages that are held; used by the owner only.</summary>
    internal ref LeaseParts Parts => ref _parts;

    /// <summary>The bytes of the file that the lease covers.</summary>
    public ByteRange Range { get; }

    /// <summary>What the holder may do.</summary>
    public LeaseAccess Access { get; private set; }

    /// <summary>The bytes, in place, for reading.</summary>
    /// <exception cref="ObjectDisposedException">The lease has ended.</exception>
    public ReadOnlySpan<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_owner is null, this);
            return new ReadOnlySpan<byte>(_address, (int)Range.Length);
        }
    }

    /// <summary>The bytes, in place, for reading and writing.</summary>
    /// <exception cref="ObjectDisposedException">The lease has ended.</exception>
    /// <exception cref="InvalidOperationException">
    /// The lease is for reading only; take one with <see cref="LeaseAccess.Write"/>.
    /// </exception>
    public Span<byte> WritableSpan
    {
        get
        {
            ObjectDisposedException.ThrowIf(_owner is null, this);
            return Access != LeaseAccess.Read
                ? new Span<byte>(_address, (int)Range.Length)
                : throw new InvalidOperationException("the lease is for reading; take it with LeaseAccess.Write");
        }
    }

    /// <summary>Begins the lease: its pages are held, and the holder may use it from now on.</summary>
    /// <param name="address">Where the first byte is.</param>
    /// <param name="alias">A mapping of its own that ends with the lease, or null.</param>
    internal void Begin(nint address, SectionAlias? alias)
    {
        _address = (byte*)address;
        _alias = alias;
        _owner = _giver;
    }

    /// <summary>
    /// Makes a lease for reading one for writing, in place. Waits for writes of its pages to the store. Idempotent.
    /// </summary>
    /// <param name="sequence">
    /// The number of the file's log that the changes carry, or null; see <see cref="SetLogSequence"/>.
    /// </param>
    /// <exception cref="IOException">One of the writes does not end; the lease is for reading as before.</exception>
    internal void BeginWriting(long? sequence = null)
    {
        ObjectDisposedException.ThrowIf(_owner is null, this);

        // Note the number first, also for a log that the file gets later: a page leased for writing may be written back
        // at once.
        if (sequence is { } number) _giver.NoteLogSequence(this, number);
        if (Access != LeaseAccess.Read) return;
        _giver.BeginWriting(this);
        Access = LeaseAccess.Write;
    }

    /// <summary>
    /// The bytes, in place, for reading by asynchronous calls and in sequences. Made at the first use. After the end of
    /// the lease its span is refused; a span or a pin taken before must not be used.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The lease has ended.</exception>
    public ReadOnlyMemory<byte> Memory
    {
        get
        {
            ObjectDisposedException.ThrowIf(_owner is null, this);
            return (_memory ??= new LeaseMemory(this)).Memory;
        }
    }

    /// <summary>The bytes, in place, for reading and writing by asynchronous calls; see <see cref="Memory"/>.</summary>
    /// <exception cref="ObjectDisposedException">The lease has ended.</exception>
    /// <exception cref="InvalidOperationException">
    /// The lease is for reading only; take one with <see cref="LeaseAccess.Write"/>.
    /// </exception>
    public Memory<byte> WritableMemory
    {
        get
        {
            _ = WritableSpan;
            return (_memory ??= new LeaseMemory(this)).Memory;
        }
    }

    /// <summary>The bytes, whatever the lease is for.</summary>
    internal Span<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_owner is null, this);
            return new Span<byte>(_address, (int)Range.Length);
        }
    }

    /// <summary>Whether its page lies behind the file's end and holds zeros that are nobody's bytes.</summary>
    internal bool IsBehindEnd { get; init; }

    /// <summary>Whether the holder has given up what it wrote.</summary>
    internal bool IsAborted { get; private set; }

    /// <summary>Called with the range when a lease that allowed writing has ended.</summary>
    internal Action<ByteRange>? Written { get; set; }

    /// <summary>
    /// Says which number of the file's log the changes made through this lease carry: none of its pages goes to the
    /// store before the log is durable up to the highest number said. Say it before the change is made, for pages of a
    /// writable lease are written back as they stand. Does not block. NT: CcSetDirtyPinnedData with a sequence number.
    /// </summary>
    /// <param name="sequence">The number, 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is less than 1.</exception>
    /// <exception cref="InvalidOperationException">The lease is for reading only, or the file has no log.</exception>
    /// <exception cref="ObjectDisposedException">The lease has ended.</exception>
    public void SetLogSequence(long sequence)
    {
        ObjectDisposedException.ThrowIf(_owner is null, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(sequence, 1);
        if (Access == LeaseAccess.Read || !_giver.HasLog)
        {
            throw new InvalidOperationException("the lease is for reading, or the file has no log");
        }
        _giver.NoteLogSequence(this, sequence);
    }

    /// <summary>
    /// Ends the lease and gives up what was written through it: nothing becomes dirty by it. Pages that only this lease
    /// has seen (<see cref="LeaseAccess.Overwrite"/>) are absent again, and clean ones leave memory, so that the next
    /// reader gets the store's bytes. What was flushed meanwhile is in the store as it stood then; a page that was
    /// dirty before, or has to stay in memory for another reason, keeps the holder's bytes and is written back later.
    /// Waits for copies under way from and to these pages. Without effect after the lease has ended. NT:
    /// CcMdlWriteAbort.
    /// </summary>
    public void Abort()
    {
        IsAborted = true;
        Dispose();
    }

    /// <summary>
    /// Ends the lease; what a writing one covered is dirty from now on. Does not block, unless it was taken for writing
    /// where writes wait for the store (<see cref="WriteMode.HandOver"/>, <see cref="FileOptions.WriteThrough"/>): then
    /// the store has accepted what it covered, or it is durable, when this returns. If that fails the pages stay dirty
    /// and are tried again, and the next flush says so. Idempotent.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _owner, null) is not { } owner) return;
        _alias?.Dispose();
        owner.End(this);
        if (Access != LeaseAccess.Read && !IsAborted) Written?.Invoke(Range);
    }
}
