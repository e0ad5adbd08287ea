using System.Runtime.InteropServices;

namespace Concord.Stores;

/// <summary>
/// Memory at addresses that direct I/O takes, for bytes whose own memory is not aligned. A few pieces are kept for
/// the next caller.
/// </summary>
internal sealed unsafe class AlignedMemory : IDisposable
{
    /// <summary>So long that the copy costs more than the call.</summary>
    internal const int Bytes = 256 * 1024;

    private const int Alignment = 64 * 1024, KeptMax = 4;

    // Gate owns Kept.
    private static readonly Lock Gate = new();
    private static readonly Stack<nint> Kept = [];

    private nint _address;

    private AlignedMemory(nint address) => _address = address;

    internal byte* Address => (byte*)_address;

    internal Span<byte> Span => new(Address, Bytes);

    internal static AlignedMemory Rent()
    {
        lock (Gate)
        {
            if (Kept.TryPop(out nint kept)) return new AlignedMemory(kept);
        }

        return new AlignedMemory((nint)NativeMemory.AlignedAlloc(Bytes, Alignment));
    }

    public void Dispose()
    {
        nint address = Interlocked.Exchange(ref _address, 0);
        if (address == 0) return;
        lock (Gate)
        {
            if (Kept.Count < KeptMax)
            {
                Kept.Push(address);
                return;
            }
        }

        NativeMemory.AlignedFree((void*)address);
    }
}
