using Concord.Interop;

namespace Concord.Memory;

/// <summary>
/// A section in memory with a descriptor: the cache maps it once (the system view), and views map it again.
/// Punching a hole takes a page out of every mapping before the call returns.
/// </summary>
internal sealed class SharedSection : Section
{
    /// <summary>
    /// The most that one staging mapping covers: a window may take most of the address space there is.
    /// </summary>
    private const long StagingBytesMax = 1L << 40;

    private readonly SharedMemory _memory = SharedMemory.Create("concord section");

    // _stagingGate owns the writing of _staging; the array is replaced, never changed.
    private readonly Lock _stagingGate = new();
    private StagingMapping[] _staging = [];

    // Set under the lock of the windows: a window that is made later is covered as it is made.
    private volatile bool _isGuarded;

    internal SharedMemory Memory => _memory;

    internal override bool CanAlias => true;

    internal override void GiveBack(ByteRange range)
    {
        // Remove the translations of the system view in one step: then punching need not interrupt processors.
        nint address = AddressOf(range.Offset);
        Forget(range, address);
        _memory.Punch(range.Offset, range.Length, address);
    }

    private protected override SharedMemory Backing => _memory;

    /// <summary>
    /// From now on a touch makes no page of this memory: pages come and go only by <see cref="Install"/> and
    /// <see cref="GiveBack"/>. For sections that views show, in which the kernel shows a page as soon as it exists.
    /// </summary>
    /// <exception cref="IOException">The system refuses.</exception>
    internal void KeepAbsent()
    {
        if (PageGuard.Shared is not { } guard || _isGuarded) return;
        ForAllWindows(
            window => guard.Cover(window.Address, (nint)window.Length),
            andThen: () => _isGuarded = true);
    }

    /// <summary>
    /// Removes the cache's own translations of a range whose memory is given back soon: done now, the give-back need
    /// not wait for it. A later read of the pages maps them again.
    /// </summary>
    internal void ForgetTranslations(ByteRange range)
    {
        if (IsContiguous(range)) Forget(range, AddressOf(range.Offset));
    }

    /// <summary>Removes translations from every mapping of the cache's own.</summary>
    private void Forget(ByteRange range, nint address)
    {
        _ = SharedMemory.TryForgetOwn(address, range.Length);
        foreach (var staging in Volatile.Read(ref _staging)) staging.Forget(range);
    }

    /// <summary>
    /// Makes absent pages appear with their bytes, each in one step: views show a page as soon as it exists.
    /// </summary>
    /// <param name="faults">The fault handling of the views.</param>
    /// <param name="range">Whole pages of one extent.</param>
    /// <param name="source">The bytes.</param>
    /// <returns>How many bytes appeared, and the error number that ended it, or 0.</returns>
    /// <exception cref="OutOfMemoryException">There is no address space or no mapping left.</exception>
    internal (long Done, int Error) Install(PageFaults faults, ByteRange range, nint source) =>
        StagingFor(faults, range.Offset).Install(range, source);

    private StagingMapping StagingFor(PageFaults faults, long offset)
    {
        if (FindStaging(faults, offset) is { } found) return found;
        lock (_stagingGate)
        {
            if (FindStaging(faults, offset) is { } other) return other;
            var window = WindowOf(offset);
            long start = window.Offset + ((offset - window.Offset) / StagingBytesMax * StagingBytesMax);
            var made = new StagingMapping(
                _memory, faults, ByteRange.FromBounds(start, Math.Min(start + StagingBytesMax, window.End)));
            Volatile.Write(ref _staging, [.. _staging, made]);
            return made;
        }
    }

    private StagingMapping? FindStaging(PageFaults faults, long offset)
    {
        foreach (var staging in Volatile.Read(ref _staging))
        {
            if (staging.Faults == faults && staging.Covers(offset)) return staging;
        }

        return null;
    }

    internal override SectionAlias Alias(ByteRange range) => SectionAlias.Of(_memory, range);

    private protected override nint Reserve(long start, long length)
    {
        // The memory ends with the reservation and not with the file: a touch beyond its end would be a SIGBUS.
        Grow(_memory, start, length);
        nint address = _memory.MapClosed(start, length);
        if (!_isGuarded) return address;
        try
        {
            PageGuard.Shared!.Cover(address, (nint)length);
            return address;
        }
        catch
        {
            _memory.Unmap(address, length);
            throw;
        }
    }

    private protected override void Release(Window window) => _memory.Unmap(window.Address, window.Length);

    private protected override void Close()
    {
        foreach (var staging in _staging) staging.Dispose();
        _memory.Dispose();
    }
}
