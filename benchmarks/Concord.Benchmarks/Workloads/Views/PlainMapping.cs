using Concord.Interop;

namespace Concord.Benchmarks.Workloads;

/// <summary>
/// Shared memory (a memfd) whose pages are all there, and a mapping of it that nobody answers faults for: what the
/// kernel does on its own. A second mapping fills it.
/// </summary>
internal sealed unsafe class PlainMapping : IDisposable
{
    private readonly SharedMemory _memory = SharedMemory.Create("concord benchmark");
    private readonly nint _filler;

    /// <param name="bytes">Whole pages.</param>
    /// <param name="isPrivate">Whether a page that is written becomes the mapping's own.</param>
    public PlainMapping(long bytes, bool isPrivate = false)
    {
        Bytes = bytes;
        _memory.GrowTo(bytes);
        _filler = _memory.Map(0, bytes);
        Fill();
        Address = _memory.MapClosed(0, bytes, isPrivate);
        SharedMemory.Permit(Address, bytes, canRead: true, canWrite: true);
    }

    public nint Address { get; }

    public long Bytes { get; }

    /// <summary>Brings every page into memory.</summary>
    public void Fill() => new Span<byte>((void*)_filler, checked((int)Bytes)).Fill(1);

    /// <summary>Takes the translations away, and proves it: each page's next touch is a fault.</summary>
    public void Unmap()
    {
        _ = SharedMemory.TryForgetOwn(Address, Bytes);
        Translations.Prove(Address, Bytes, 0);
    }

    /// <summary>Gives a part of the memory back, out of every mapping.</summary>
    public void Punch(long start, long bytes) => _memory.Punch(start, bytes);

    public void Dispose()
    {
        _memory.Unmap(_filler, Bytes);
        _memory.Unmap(Address, Bytes);
        _memory.Dispose();
    }
}
