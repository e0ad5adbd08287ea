using System.Runtime.InteropServices;

namespace Concord.Benchmarks.Interop;

/// <summary>
/// The persistent memory development kit's libpmem, the peer for flushing ranges. Called as cheaply as .NET can
/// call anything, so that it competes as it would in a C program.
/// </summary>
internal sealed unsafe class Libpmem
{
    private const string FileName = "libpmem.so.1";

    private readonly delegate* unmanaged[SuppressGCTransition]<byte*, nuint, void> _flush;
    private readonly delegate* unmanaged[SuppressGCTransition]<void> _drain;

    private Libpmem(nint library)
    {
        _flush = (delegate* unmanaged[SuppressGCTransition]<byte*, nuint, void>)NativeLibrary.GetExport(
            library, "pmem_flush");
        _drain = (delegate* unmanaged[SuppressGCTransition]<void>)NativeLibrary.GetExport(library, "pmem_drain");
    }

    /// <summary>What to do where it is missing.</summary>
    public const string Missing = FileName + " is not installed (Debian, Ubuntu: apt-get install libpmem1)";

    /// <summary>The library, or null where it is not installed.</summary>
    public static Libpmem? Loaded { get; } =
        NativeLibrary.TryLoad(FileName, out nint library) ? new Libpmem(library) : null;

    /// <summary>Flushes a range and waits until that is done.</summary>
    public void FlushAndDrain(byte* address, nuint length)
    {
        _flush(address, length);
        _drain();
    }
}
