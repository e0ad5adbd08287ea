using System.Runtime.InteropServices;
using Concord.Benchmarks.Interop;

namespace Concord.Benchmarks.Workloads;

/// <summary>
/// Memory that every rival of a comparison works on: ordinary pages, all present. Huge pages are refused, since
/// whether one gets them is chance and changes what a walk over memory costs.
/// </summary>
internal sealed unsafe class TouchedMemory : IDisposable
{
    private const nuint Alignment = 2 * 1024 * 1024;

    public TouchedMemory(long bytes)
    {
        Bytes = bytes;
        Address = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
        if (OperatingSystem.IsLinux() && Libc.Madvise((nint)Address, (nint)bytes, Libc.MadviseNoHugePage) != 0)
            throw Libc.LastError("refuse huge pages");
        new Span<byte>(Address, checked((int)bytes)).Fill(1);
    }

    public byte* Address { get; private set; }

    public long Bytes { get; }

    public void Dispose()
    {
        NativeMemory.AlignedFree(Address);
        Address = null;
    }
}
