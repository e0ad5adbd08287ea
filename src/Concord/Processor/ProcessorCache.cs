using System.Buffers;
using Concord.Processor;

namespace Concord;

/// <summary>
/// Writes lines of memory back from the processors' caches, and invalidates them: on every processor, and through
/// whichever mapping of the same memory they were cached. The contents of the memory never change.
/// </summary>
/// <remarks>
/// Thread safe. When a call returns, every store to the range that was complete before the call is in memory for every
/// observer: a flush has been waited for, and a write-back comes before any later store of this thread, by which other
/// threads and devices learn of it. The lines touched are those that hold any byte of the range: its ends are rounded
/// out to <see cref="LineSize"/>. An empty range does nothing, wherever it points. A processor may read a line in again
/// at any time, of its own accord.
/// <para>
/// The first use of the class chooses the instructions and emits a page of machine code.
/// </para>
/// </remarks>
public static class ProcessorCache
{
    private static readonly LineFlusher? Flusher = FlusherChoice.Current.Flusher;

    /// <summary>Whether lines can be flushed here.</summary>
    public static bool IsSupported => Flusher is not null;

    /// <summary>
    /// Why lines cannot be flushed here, or null when they can: the processor or the system is not known, or the
    /// system refuses executable memory.
    /// </summary>
    public static string? UnsupportedReason => FlusherChoice.Current.UnsupportedReason;

    /// <summary>
    /// Bytes a line, a power of two: the step at which the processor's instructions work. (Intel SDM: CPUID.1:EBX;
    /// Arm ARM: CTR_EL0.DminLine.)
    /// </summary>
    /// <exception cref="PlatformNotSupportedException">Lines cannot be flushed here.</exception>
    public static int LineSize => Supported.LineSize;

    /// <summary>
    /// The instruction in use for <see cref="FlushAndInvalidate(ReadOnlySpan{byte})"/>, as the processor's manual
    /// writes it: <c>clflushopt</c>, <c>clflush</c> or <c>dc civac</c>.
    /// </summary>
    /// <exception cref="PlatformNotSupportedException">Lines cannot be flushed here.</exception>
    public static string FlushInstruction => Supported.FlushInstruction.ManualName();

    /// <summary>
    /// The instruction in use for <see cref="WriteBack(ReadOnlySpan{byte})"/>, as the processor's manual writes it:
    /// <c>clwb</c>, <c>clflushopt</c>, <c>clflush</c> or <c>dc cvac</c>.
    /// </summary>
    /// <exception cref="PlatformNotSupportedException">Lines cannot be flushed here.</exception>
    public static string WriteBackInstruction => Supported.WriteBackInstruction.ManualName();

    /// <summary>
    /// Every instruction for the purpose that this processor offers, in use or not; empty where none is known. The
    /// environment variable CONCORD_CACHE_INSTRUCTIONS, read once, names those that may be used, with commas between;
    /// unset, all may.
    /// </summary>
    public static IReadOnlyList<string> OfferedInstructions => FlusherChoice.Current.Offered;

    /// <summary>The flusher of this process; throws if there is none.</summary>
    internal static LineFlusher Supported => Flusher ?? throw Unsupported();

    /// <summary>
    /// Writes back and invalidates the lines of a range on every processor, and returns when that is done.
    /// </summary>
    /// <param name="memory">The range. Managed memory is kept in place meanwhile.</param>
    /// <exception cref="PlatformNotSupportedException">Lines cannot be flushed here; nothing was done.</exception>
    /// <remarks>
    /// Thread safe. Allocates nothing, takes no lock, makes no system call and does not block, beyond what reading the
    /// range would: an absent page is loaded. A garbage collection can begin every microsecond.
    /// </remarks>
    public static void FlushAndInvalidate(ReadOnlySpan<byte> memory) => Supported.Flush(memory);

    /// <summary>
    /// Writes back and invalidates the lines of a range on every processor, and returns when that is done. It first
    /// checks that the range can be read.
    /// </summary>
    /// <param name="address">The first byte.</param>
    /// <param name="length">Bytes, of any number that is mapped; pages of private memory that were never touched are
    /// passed over.</param>
    /// <exception cref="ArgumentException"><paramref name="address"/> begins a range of which a part cannot be read:
    /// unmapped, without permission, or beyond the end of the mapped file; the message says which part. Nothing was
    /// flushed, except when a mapped file fails to be read in later on: then everything before that.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range wraps round the end of the address space; nothing was
    /// done.</exception>
    /// <exception cref="PlatformNotSupportedException">Lines cannot be flushed here; nothing was done.</exception>
    /// <remarks>
    /// Thread safe. Makes system calls, allocates, and loads pages of a mapped file, so it may block. The range must
    /// not be unmapped or truncated during the call: otherwise the process may receive a signal.
    /// </remarks>
    public static void FlushAndInvalidate(nint address, nuint length) => Supported.FlushChecked(address, length);

    /// <summary>
    /// Writes back the lines of a range on every processor. The processor decides whether a line stays in the caches.
    /// No store that this thread makes after the call is seen by another thread or a device before the range is in
    /// memory.
    /// </summary>
    /// <param name="memory">The range. Managed memory is kept in place meanwhile.</param>
    /// <exception cref="PlatformNotSupportedException">Lines cannot be written back here; nothing was done.</exception>
    /// <remarks>
    /// Thread safe. Allocates nothing, takes no lock, makes no system call and does not block, beyond what reading the
    /// range would: an absent page is loaded. A garbage collection can begin every microsecond.
    /// </remarks>
    public static void WriteBack(ReadOnlySpan<byte> memory) => Supported.WriteBack(memory);

    /// <summary>
    /// Writes back the lines of a range on every processor, after checking that the range can be read. The processor
    /// decides whether a line stays in the caches. No store that this thread makes after the call is seen by another
    /// thread or a device before the range is in memory.
    /// </summary>
    /// <param name="address">The first byte.</param>
    /// <param name="length">Bytes, of any number that is mapped; pages of private memory that were never touched are
    /// passed over.</param>
    /// <exception cref="ArgumentException"><paramref name="address"/> begins a range of which a part cannot be read:
    /// unmapped, without permission, or beyond the end of the mapped file; the message says which part. Nothing was
    /// written back, except when a mapped file fails to be read in later on: then everything before that.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range wraps round the end of the address space; nothing was
    /// done.</exception>
    /// <exception cref="PlatformNotSupportedException">Lines cannot be written back here; nothing was done.</exception>
    /// <remarks>
    /// Thread safe. Makes system calls, allocates, and loads pages of a mapped file, so it may block. The range must
    /// not be unmapped or truncated during the call: otherwise the process may receive a signal.
    /// </remarks>
    public static void WriteBack(nint address, nuint length) => Supported.WriteBackChecked(address, length);

    /// <summary>
    /// Registers a region for flushes of everything registered (NT: KeInvalidateAllCaches, in Concord.Nt).
    /// Does not block.
    /// </summary>
    /// <param name="address">The first byte.</param>
    /// <param name="length">Bytes; zero registers a region that has no lines.</param>
    /// <returns>The registration. The memory must stay mapped until it is disposed.</returns>
    /// <exception cref="ArgumentException"><paramref name="address"/> begins a range of which a part cannot be read;
    /// nothing was registered.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range wraps round the end of the address space; nothing was
    /// registered.</exception>
    /// <exception cref="PlatformNotSupportedException">Lines cannot be flushed here; nothing was
    /// registered.</exception>
    /// <remarks>Thread safe. Makes system calls, allocates and takes a lock.</remarks>
    public static RegisteredRegion Register(nint address, nuint length)
    {
        Supported.Check(address, length);
        return Add(new RegisteredRegion(address, length, default));
    }

    /// <summary>
    /// Registers managed memory for flushes of everything registered (NT: KeInvalidateAllCaches, in Concord.Nt). It is
    /// kept in place until the registration is disposed. Does not block.
    /// </summary>
    /// <param name="memory">The memory.</param>
    /// <returns>The registration.</returns>
    /// <exception cref="PlatformNotSupportedException">Lines cannot be flushed here; nothing was
    /// registered.</exception>
    /// <remarks>Thread safe. Allocates and takes a lock.</remarks>
    public static unsafe RegisteredRegion Register(ReadOnlyMemory<byte> memory)
    {
        if (!IsSupported) throw Unsupported();
        MemoryHandle pin = memory.Pin();
        return Add(new RegisteredRegion((nint)pin.Pointer, (nuint)memory.Length, pin));
    }

    private static RegisteredRegion Add(RegisteredRegion region)
    {
        RegisteredRegions.Add(region);
        return region;
    }

    private static PlatformNotSupportedException Unsupported() =>
        new($"Processor caches cannot be flushed here: {UnsupportedReason}.");
}
