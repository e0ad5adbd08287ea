using Concord.Interop;

namespace Concord.Memory;

/// <summary>
/// Memory in which pages of neighbouring extents are assembled before they appear, one <see cref="StagingBlock"/> after
/// the other. Not kept: it is as long as one read of the store.
/// </summary>
internal sealed class StagingArea : IDisposable
{
    private readonly nint _address;
    private readonly long _length;

    /// <exception cref="OutOfMemoryException">The system has none.</exception>
    internal StagingArea(int extents)
    {
        _length = (long)extents << PageGeometry.ExtentShift;
        _address = VirtualMemory.Reserve(_length);
        VirtualMemory.Commit(_address, _length);
    }

    /// <summary>Where a byte lies, counted from the first one of the first extent.</summary>
    internal nint AddressOf(long inside) => _address + (nint)inside;

    /// <summary>The block of an extent, counted from 0.</summary>
    internal StagingBlock BlockAt(int extent) => new(AddressOf((long)extent << PageGeometry.ExtentShift));

    public void Dispose() => VirtualMemory.Release(_address, _length);
}
