using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Concord.Interop;
using Concord.Stores;

namespace Concord;

/// <summary>
/// A store that is memory itself, shared with code or hardware outside this processor's cache coherence: a device,
/// another host, another mapping with other attributes.
/// </summary>
/// <remarks>
/// <para>
/// Each read first flushes and invalidates the lines it reads, so that it sees what is in memory and not what this
/// processor has cached. A write copies; the barrier writes back the lines of everything written since the last one.
/// The cache's coherent flush and purge flushes and invalidates the lines of its range as well. The contents of the
/// memory are never changed by a flush.
/// </para>
/// <para>
/// The length is fixed: that of the memory. Safe for use by several threads; a write that overlaps a read in time is
/// seen in part. Memory of the caller must stay mapped until <c>Dispose</c> has returned, which waits for calls of
/// other threads under way. Memory that the store made or mapped is freed after the last such call.
/// </para>
/// </remarks>
public sealed unsafe class SharedMemoryStore : BackingStore
{
    private readonly nint _address;
    private readonly long _length;

    // Keeps the memory mapped: every access is a use of the handle.
    private readonly SafeHandle _memory;
    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;

    // One barrier at a time: a second one must not return while the first still flushes the ranges
    // that it took. Comes before _gate.
    private readonly Lock _barrierGate = new();

    // _gate owns _unflushed.
    private readonly Lock _gate = new();
    private readonly RangeList _unflushed = new();
    private volatile bool _isClosed;

    private SharedMemoryStore(string name, SafeHandle memory, nint address, long length, object identity)
    {
        Name = name;
        Identity = identity;
        _memory = memory;
        _address = address;
        _length = length;
    }

    private SharedMemoryStore(string name, MemoryMappedFile file, MemoryMappedViewAccessor view, long length,
        object? identity)
        : this(name, view.SafeMemoryMappedViewHandle, AddressOf(view), length, identity ?? new object())
    {
        _file = file;
        _view = view;
    }

    /// <inheritdoc/>
    public override object Identity { get; }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <summary>True: a barrier is a write-back of lines, and a purge invalidates them.</summary>
    public override bool IsMemory => true;

    internal override bool IsLowest => true;

    /// <summary>The length of the memory, in bytes: the store is exactly that long.</summary>
    public override long MaxLength => _length;

    /// <summary>
    /// The address of the first byte, for code of this process that shares the memory. Memory that the store has made
    /// or mapped stays until the store is disposed: keep the store as long as the address is in use.
    /// </summary>
    public nint Address => _address;

    /// <summary>
    /// Makes a store over memory of the caller: a device's, a mapping, an allocation. Does not block.
    /// </summary>
    /// <param name="address">The first byte; any alignment.</param>
    /// <param name="length">Bytes, 1 or more, all of them readable and writable.</param>
    /// <param name="name">The store's name in messages.</param>
    /// <returns>The store. Stores over the same address and length are one to a cache.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="address"/> begins memory of which a part cannot be read.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="length"/> is not positive, or runs past the end of the address space.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// Lines cannot be flushed here: <see cref="ProcessorCache.UnsupportedReason"/>.
    /// </exception>
    public static SharedMemoryStore Over(nint address, long length, string name = "shared memory")
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        CheckProcessor();

        // Checks that the memory can be read, and begins with none of its lines in the processor's caches.
        ProcessorCache.FlushAndInvalidate(address, (nuint)length);
        return new SharedMemoryStore(name, new CallersMemory(address), address, length,
            new MemoryIdentity(address, length));
    }

    /// <summary>
    /// Makes a store over new memory, zeros at first, that lives as long as the store. Does not block.
    /// </summary>
    /// <param name="length">Bytes, 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is not positive.</exception>
    /// <exception cref="IOException">The system has no such memory.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// Lines cannot be flushed here: <see cref="ProcessorCache.UnsupportedReason"/>.
    /// </exception>
    public static SharedMemoryStore Create(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        CheckProcessor();
        return Map("shared memory", SystemShortage.Relieve(() => New(length)), length, identity: null);
    }

    /// <summary>
    /// Makes a store over an existing file that is memory: on <c>/dev/shm</c>, on persistent memory. Blocks for the
    /// system.
    /// </summary>
    /// <param name="path">
    /// The file's path. It is mapped shared, whole, as long as it is now, and must not be cut meanwhile.
    /// </param>
    /// <exception cref="ArgumentException">The path or the file is empty.</exception>
    /// <exception cref="IOException">The file cannot be opened or mapped.</exception>
    /// <exception cref="UnauthorizedAccessException">The rights do not allow reading and writing.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// Lines cannot be flushed here: <see cref="ProcessorCache.UnsupportedReason"/>.
    /// </exception>
    public static SharedMemoryStore Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        CheckProcessor();
        string full = Path.GetFullPath(path);

        // Open without a wait: a pipe or a device is refused.
        using var handle = SystemShortage.Relieve(() => RegularFile.TryOpen(
            full, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.None));
        if (handle is null)
        {
            throw new IOException($"cannot map {ShownText.Of(full)}: it is a pipe, a socket or a device; map a device "
                + "yourself, and use Over");
        }

        // Map the whole file; an empty one has no memory to map.
        long length = RandomAccess.GetLength(handle);
        if (length == 0)
            throw new ArgumentException(
                $"{ShownText.Of(full)} is empty: there is no memory to share; set its length first", nameof(path));
        var file = SystemShortage.Relieve(() => MemoryMappedFile.CreateFromFile(
            handle, mapName: null, length, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None,
            leaveOpen: true));
        return Map(full, file, length, FileIdentity.Of(handle, full));
    }

    /// <inheritdoc/>
    public override long GetLength() => _length;

    /// <inheritdoc/>
    public override int Read(long offset, Memory<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        using var use = Use();
        int count = (int)Math.Clamp(_length - offset, 0, destination.Length);
        if (count == 0) return 0;

        // Flush and invalidate the lines first: cached lines may differ from what the memory holds.
        var bytes = BytesAt(offset, count);
        ProcessorCache.FlushAndInvalidate(bytes);
        bytes.CopyTo(destination.Span);
        return count;
    }

    /// <summary>
    /// Copies pieces into the memory. The next barrier writes them back from the processors' caches. Does not block.
    /// </summary>
    /// <param name="offset">Where the first piece goes, 0 or more.</param>
    /// <param name="pieces">The bytes, in order.</param>
    /// <exception cref="ArgumentNullException"><paramref name="pieces"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="offset"/> is negative.</exception>
    /// <exception cref="IOException">The bytes reach beyond the memory; nothing was written.</exception>
    /// <exception cref="ObjectDisposedException">The store was disposed.</exception>
    public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        using var use = Use();
        long length = pieces.Sum(static piece => (long)piece.Length);
        if (length > _length - offset) throw TooLong(offset, length);
        if (length == 0) return;

        var range = new ByteRange(offset, length);
        foreach (var piece in pieces)
        {
            piece.Span.CopyTo(BytesAt(offset, piece.Length));
            offset += piece.Length;
        }

        // Note the range after the copy: a barrier that began earlier need not cover it, the next one does.
        lock (_gate) _unflushed.Add(range);
    }

    /// <summary>
    /// Writes back the lines of everything written since the last barrier, and returns when that is done.
    /// Does not block.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The store was disposed.</exception>
    public override void Barrier()
    {
        using var use = Use();
        lock (_barrierGate)
        {
            IReadOnlyList<ByteRange> ranges;
            lock (_gate) ranges = _unflushed.Take();
            foreach (var range in ranges) EachSpan(range, static bytes => ProcessorCache.WriteBack(bytes));
        }
    }

    /// <summary>Refuses every length but the one there is. Does not block.</summary>
    /// <param name="length">The length, which must be that of the memory.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is negative.</exception>
    /// <exception cref="IOException">The length is another one; nothing has changed.</exception>
    public override void SetLength(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length != _length)
        {
            throw new IOException($"cannot set the length of {Label} to {length}: it is memory of {_length} bytes, and "
                + "stays as long as that");
        }
    }

    /// <inheritdoc/>
    public override void FlushLines(ByteRange range)
    {
        using var use = Use();
        EachSpan(range.Intersect(new ByteRange(0, _length)), static bytes => ProcessorCache.FlushAndInvalidate(bytes));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // No further call begins; those under way go on.
        _isClosed = true;
        if (disposing)
        {
            _view?.Dispose();
            _file?.Dispose();
            _memory.Dispose();
            if (_memory is CallersMemory callers) callers.WaitUntilUnused();
        }

        base.Dispose(disposing);
    }

    private static MemoryMappedFile New(long length)
    {
        try
        {
            return MemoryMappedFile.CreateNew(mapName: null, length);
        }
        catch (Exception error) when (FileBytes.IsRefusal(error, CancellationToken.None))
        {
            throw FileBytes.Refused($"make shared memory of {length} bytes", error);
        }
    }

    private static SharedMemoryStore Map(string name, MemoryMappedFile file, long length, object? identity)
    {
        try
        {
            return new SharedMemoryStore(name, file, file.CreateViewAccessor(0, length), length, identity);
        }
        catch (Exception error)
        {
            file.Dispose();
            if (FileBytes.IsRefusal(error, CancellationToken.None)) throw FileBytes.Refused($"map {name}", error);
            throw;
        }
    }

    private static void CheckProcessor()
    {
        if (ProcessorCache.IsSupported) return;
        throw new PlatformNotSupportedException(
            "a store that is memory needs its lines flushed, and that is not possible here: "
                + $"{ProcessorCache.UnsupportedReason}");
    }

    private Span<byte> BytesAt(long offset, int length) => new((byte*)_address + offset, length);

    private void EachSpan(ByteRange range, Action<Span<byte>> act)
    {
        for (long at = range.Offset; at < range.End;)
        {
            int length = (int)Math.Min(range.End - at, int.MaxValue);
            act(BytesAt(at, length));
            at += length;
        }
    }

    private IOException TooLong(long offset, long length) => new(
        $"cannot write {length} bytes at {offset} to {Label}: it is memory of {_length} bytes");

    /// <summary>Keeps the memory mapped for one call.</summary>
    private HandleUse Use()
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        return new HandleUse(_memory);
    }

    private static nint AddressOf(MemoryMappedViewAccessor view)
    {
        using var use = new HandleUse(view.SafeMemoryMappedViewHandle);
        return use.Value + (nint)view.PointerOffset;
    }

    private sealed record MemoryIdentity(nint Address, long Length);
}
