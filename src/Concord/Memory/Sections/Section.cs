using Concord.Interop;

namespace Concord.Memory;

/// <summary>
/// Sparse memory in which a file's bytes lie: windows of reserved address space, in which a byte's address is one
/// addition. A window is never moved: a file that outgrows its windows gets a further one, so that the addresses of
/// extents, leases and hits stay valid.
/// </summary>
/// <remarks>Safe for use by several threads. Memory appears as zeros when first touched.</remarks>
internal abstract class Section : IPageMemory, IDisposable
{
    /// <summary>A window is four times the file, so that most files never need a second…</summary>
    private const int WindowPerLength = 4;

    /// <summary>…and at least this long, since address space costs nothing.</summary>
    internal const long WindowBytesMin = 1L << 30;

    // _gate owns the writing of _windows; the array is replaced, never changed.
    private readonly Lock _gate = new();
    private Window[] _windows = [];

    /// <inheritdoc/>
    public long Id { get; } = Interlocked.Increment(ref LastId);

    private static long LastId;

    /// <summary>
    /// The most mappings that closed blocks of all sections may cost: a quarter of what Linux gives a process.
    /// </summary>
    private const int GuardMappingsMax = 16 * 1024;

    private static int GuardMappings;

    /// <summary>The lock over which blocks may be touched (<see cref="BlockGuard"/>). The last of all locks.</summary>
    internal object GuardGate { get; } = new();

    /// <summary>Whether pages can be mapped a second time, as views and as one span over two windows.</summary>
    internal abstract bool CanAlias { get; }

    /// <summary>Where a byte of the file lies; makes a window for it if there is none.</summary>
    /// <exception cref="OutOfMemoryException">There is no address space left for a window.</exception>
    public nint AddressOf(long offset)
    {
        if (WindowAt(offset) is { } window) return window.AddressOf(offset);
        Grow(offset);
        return AddressOf(offset);
    }

    /// <inheritdoc/>
    public IBlockGuard NewGuard(long start, long length) => new BlockGuard(this, start, length);

    /// <summary>Whether there is a window for a byte of the file.</summary>
    internal bool HasWindow(long offset) => WindowAt(offset) is not null;

    /// <summary>The window that a byte of the file lies in; makes it if there is none.</summary>
    internal ByteRange WindowOf(long offset)
    {
        _ = AddressOf(offset);
        var window = WindowAt(offset)!;
        return new ByteRange(window.Start, window.Length);
    }

    /// <summary>Where the last window ends; 0 without one.</summary>
    internal long ReservedEnd => Volatile.Read(ref _windows) is [.., var last] ? last.Start + last.Length : 0;

    /// <summary>Whether a range lies in one window, so that one span can show it.</summary>
    internal bool IsContiguous(ByteRange range)
    {
        if (range.IsEmpty) return true;
        nint first = AddressOf(range.Offset);
        _ = AddressOf(range.End - 1);
        foreach (var window in Volatile.Read(ref _windows))
        {
            bool meets = window.Start < range.End && range.Offset < window.Start + window.Length;
            if (meets && window.Address - (nint)window.Start != first - (nint)range.Offset) return false;
        }

        return true;
    }

    /// <summary>
    /// Maps the pages of a range a second time, contiguously, whatever windows they lie in. Only where
    /// <see cref="CanAlias"/> holds, and while a lease keeps the pages.
    /// </summary>
    /// <returns>Where the range's first byte is, until the alias is disposed.</returns>
    /// <exception cref="OutOfMemoryException">There is no address space or no mapping left.</exception>
    internal virtual SectionAlias Alias(ByteRange range) =>
        throw new NotSupportedException("memory without a descriptor is mapped once");

    /// <summary>Makes memory usable before it is touched, where the system requires it.</summary>
    internal virtual void Back(ByteRange range)
    {
    }

    /// <summary>
    /// Makes memory usable that one caller has claimed as a whole and whose contents are not needed, in pieces as large
    /// as the system has.
    /// </summary>
    internal virtual void BackClaimed(ByteRange range)
    {
    }

    /// <summary>Gives the memory of whole pages back to the system; touched again, they are zeros.</summary>
    /// <exception cref="IOException">The system refuses; the memory is still there.</exception>
    internal abstract void GiveBack(ByteRange range);

    /// <summary>Lets a block be touched that was closed. Called with <see cref="GuardGate"/> held.</summary>
    /// <param name="block">The block.</param>
    /// <param name="mappings">How many mappings more the process then has.</param>
    /// <exception cref="OutOfMemoryException">
    /// The system has no further mapping, or no memory to promise; nothing changed.
    /// </exception>
    internal void OpenBlockLocked(ByteRange block, int mappings)
    {
        if (!VirtualMemory.CanClose || WindowAt(block.Offset) is not { IsOpen: false } window) return;
        if (Interlocked.Add(ref GuardMappings, mappings) <= GuardMappingsMax
            && VirtualMemory.TryPermit(window.AddressOf(block.Offset), block.Length, isOpen: true))
        {
            window.GuardMappings += mappings;
            return;
        }

        // Memory that is scattered over so many blocks is not worth the mappings: open the whole window for good.
        Interlocked.Add(ref GuardMappings, -mappings);
        if (!VirtualMemory.TryPermit(window.Address, window.Length, isOpen: true))
        {
            throw new OutOfMemoryException($"the system lets no further {block.Length} bytes be used");
        }

        window.IsOpen = true;
        Interlocked.Add(ref GuardMappings, -window.GuardMappings);
    }

    /// <summary>
    /// Closes a block of which nothing is in memory: it may not be touched from now on. Called with
    /// <see cref="GuardGate"/> held.
    /// </summary>
    /// <param name="block">The block.</param>
    /// <param name="mappings">How many mappings more the process then has.</param>
    internal void CloseBlockLocked(ByteRange block, int mappings)
    {
        if (WindowAt(block.Offset) is not { } window) return;
        try
        {
            DropOrphans(block);
        }
        catch (IOException)
        {
            // The orphan pages stay until the next search.
            return;
        }

        if (!VirtualMemory.CanClose || window.IsOpen) return;

        // A block that cannot be closed stays open, which does no harm.
        if (Interlocked.Add(ref GuardMappings, mappings) <= GuardMappingsMax
            && VirtualMemory.TryPermit(
                window.AddressOf(block.Offset), block.Length, isOpen: false)) window.GuardMappings += mappings;
        else Interlocked.Add(ref GuardMappings, -mappings);
    }

    /// <summary>
    /// Bytes that have memory by the system's count, not by the masks; null where the system does not say.
    /// </summary>
    internal long? PresentBytes => Backing?.PresentBytes;

    /// <summary>
    /// The next run of whole pages in a range that has memory, as the system reports it; null where there is none.
    /// </summary>
    internal ByteRange? FindPresent(ByteRange range) =>
        Backing?.FindPresent(range.Offset, range.End) is { } run ? ByteRange.FromBounds(run.Start, run.End) : null;

    /// <summary>The memory with a descriptor that lies behind the section, or null.</summary>
    private protected virtual SharedMemory? Backing => null;

    /// <summary>
    /// Gives back memory of a range that no mask accounts for: other code made it by touching the addresses.
    /// </summary>
    private protected virtual void DropOrphans(ByteRange range)
    {
        while (FindPresent(range) is { } orphans)
        {
            GiveBack(orphans);
            range = ByteRange.FromBounds(orphans.End, range.End);
        }
    }

    private protected void ForAllWindows(Action<Window> step, Action andThen)
    {
        lock (_gate)
        {
            foreach (var window in _windows) step(window);
            andThen();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var window in _windows)
            {
                if (!window.IsOpen) Interlocked.Add(ref GuardMappings, -window.GuardMappings);
                Release(window);
            }

            _windows = [];
            Close();
        }
    }

    /// <summary>Makes memory with a descriptor reach to the end of a window.</summary>
    /// <exception cref="OutOfMemoryException">
    /// The system has no shared memory that long; for a later window also: it is beyond a limit.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">The first window is beyond a limit.</exception>
    private protected static void Grow(SharedMemory memory, long start, long length)
    {
        try
        {
            memory.GrowTo(start + length);
        }
        catch (PlatformNotSupportedException error) when (start > 0)
        {
            throw new OutOfMemoryException(error.Message, error);
        }
    }

    private Window? WindowAt(long offset)
    {
        foreach (var window in Volatile.Read(ref _windows))
        {
            if (offset - window.Start is >= 0 and var inside && inside < window.Length) return window;
        }

        return null;
    }

    /// <summary>Reserves address space that may not be touched before its blocks are opened.</summary>
    private protected abstract nint Reserve(long start, long length);

    private protected abstract void Release(Window window);

    /// <summary>Called after the last window was released.</summary>
    private protected virtual void Close()
    {
    }

    private void Grow(long offset)
    {
        lock (_gate)
        {
            long start = _windows is [.., var last] ? last.Start + last.Length : 0;
            if (offset < start) return;
            Volatile.Write(ref _windows, [.. _windows, Open(start, offset + 1)]);
        }
    }

    /// <summary>
    /// Makes a window from <paramref name="start"/> on: generous where there is address space, otherwise just long
    /// enough.
    /// </summary>
    private Window Open(long start, long end)
    {
        long generous = RoundUp(end > long.MaxValue / WindowPerLength ? end : (end * WindowPerLength) - start);
        long least = RoundUp(end - start);
        try
        {
            return new Window(start, generous, Reserve(start, generous));
        }
        catch (OutOfMemoryException) when (least < generous)
        {
            // Address space is short or limited: reserve only what is needed now.
            return new Window(start, least, Reserve(start, least));
        }
    }

    private static long RoundUp(long length) =>
        (Math.Max(length, 1) + WindowBytesMin - 1) / WindowBytesMin * WindowBytesMin;

    /// <summary>A run of reserved address space.</summary>
    /// <param name="Start">The offset in the file of its first byte.</param>
    /// <param name="Length">Bytes reserved.</param>
    /// <param name="Address">Where its first byte is.</param>
    private protected sealed record Window(long Start, long Length, nint Address)
    {
        /// <summary>
        /// Whether all of it may be touched, because closing parts of it would cost too many mappings.
        /// </summary>
        internal bool IsOpen { get; set; }

        /// <summary>Mappings that its closed blocks cost.</summary>
        internal int GuardMappings { get; set; }

        internal nint AddressOf(long offset) => Address + (nint)(offset - Start);
    }
}
