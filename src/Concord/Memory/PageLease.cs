namespace Concord;

/// <summary>
/// Pages of a cached file held in place, to be touched without a copy. While it lasts the pages neither move nor
/// vanish; a flush and purge writes them as they stand and reports them as left.
/// </summary>
/// <remarks>
/// <para>
/// Not safe for use by several threads at once; the bytes are as safe as any shared memory. Dispose it soon: pages
/// under a lease take room that nobody can reclaim. A lease that is dropped without disposal is never released.
/// </para>
/// <para>I/O of the kernel into or out of a file's memory (direct I/O, io_uring, RDMA) must hold a lease.</para>
/// </remarks>
public sealed unsafe class PageLease : IDisposable
{
    private readonly byte* _address;
    private Action<PageLease>? _release;

    internal PageLease(ByteRange range, LeaseAccess access, nint address, Action<PageLease> release)
    {
        Range = range;
        Access = access;
        _address = (byte*)address;
        _release = release;
    }

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
            ObjectDisposedException.ThrowIf(_release is null, this);
            return new ReadOnlySpan<byte>(_address, (int)Range.Length);
        }
    }

    /// <summary>The bytes, in place, for reading and writing.</summary>
    /// <exception cref="ObjectDisposedException">The lease has ended.</exception>
    /// <exception cref="InvalidOperationException">The lease is for reading only; take one with <see cref="LeaseAccess.Write"/>.</exception>
    public Span<byte> WritableSpan
    {
        get
        {
            ObjectDisposedException.ThrowIf(_release is null, this);
            return Access != LeaseAccess.Read
                ? new Span<byte>(_address, (int)Range.Length)
                : throw new InvalidOperationException("the lease is for reading; take it with LeaseAccess.Write");
        }
    }

    /// <summary>Lends the pages to the holder for writing; null where the lease may not become one for writing.</summary>
    internal Action? Lend { get; init; }

    /// <summary>Makes of a lease for reading one for writing, in place, without waiting for anybody. Idempotent.</summary>
    internal void BeginWriting()
    {
        ObjectDisposedException.ThrowIf(_release is null, this);
        if (Access != LeaseAccess.Read) return;
        Lend!();
        Access = LeaseAccess.Write;
    }

    /// <summary>Ends the lease; what a writing one covered is dirty from now on. Does not block. Idempotent.</summary>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke(this);
}
