using Concord.Interop;
using Concord.Interop.Linux;

namespace Concord.Benchmarks.Workloads;

/// <summary>
/// The kernel's own way of noticing writes: a plain mapping, protected asynchronously, and the scan that finds what was
/// written.
/// </summary>
internal sealed class KernelTracking : IDisposable
{
    private const ulong Features = UserFaultCalls.FaultFlagFeature | UserFaultCalls.ProtectSharedFeature
        | UserFaultCalls.ProtectAbsentFeature | UserFaultCalls.ProtectAsyncFeature;

    private readonly RawFaults _faults = new(Features);
    private readonly PlainMapping _memory;
    private readonly PageScan _scan = PageScan.Open()
        ?? throw new InvalidOperationException("this kernel has no scan for written pages");
    private readonly PageScan.Region[] _regions;

    public KernelTracking(PlainMapping memory)
    {
        _memory = memory;
        _regions = new PageScan.Region[memory.Bytes / RandomPages.PageBytes];
        _faults.Register(memory.Address, memory.Bytes, UserFaultCalls.ProtectMode);
    }

    /// <summary>Makes every page mapped and protected, and proves that none counts as written.</summary>
    public void Protect()
    {
        SharedMemory.Populate(_memory.Address, _memory.Bytes);
        Translations.Prove(_memory.Address, _memory.Bytes, _memory.Bytes / RandomPages.PageBytes);
        _faults.Protect(_memory.Address, _memory.Bytes);
        if (Take() is not 0 and var written)
            throw new InvalidOperationException($"{written} pages count as written before the first write");
    }

    /// <summary>Finds the pages written, and protects them again.</summary>
    /// <returns>How many there were.</returns>
    public long Take()
    {
        nint at = _memory.Address, last = at + (nint)_memory.Bytes;
        long pages = 0;
        while (at < last)
        {
            int count = _scan.TakeWritten(at, last - at, _regions, out at);
            foreach (ref readonly var region in _regions.AsSpan(0, count))
                pages += (region.End - region.Start) / RandomPages.PageBytes;
        }

        return pages;
    }

    public void Dispose() => _faults.Dispose();
}
