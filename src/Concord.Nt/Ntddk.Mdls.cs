using System.Runtime.InteropServices;
using Concord.Processor;

namespace Concord.Nt;

// What is done with the bytes of an MDL.
public static unsafe partial class Ntddk
{
    /// <summary>Where the bytes of an MDL are. (NT: MmGetSystemAddressForMdlSafe.) Does not block.</summary>
    /// <param name="Mdl">An MDL of a Cc routine; one of a chain, not the chain.</param>
    /// <param name="Priority">Ignored: the bytes are mapped already.</param>
    /// <returns>The first byte; never null.</returns>
    public static void* MmGetSystemAddressForMdlSafe(MDL* Mdl, uint Priority) => Mdl->MappedSystemVa;

    /// <summary>
    /// Makes the processors' caches agree with memory, before a device reads it or after one has written it: does
    /// nothing where devices see the caches, as on x64, and flushes and invalidates the lines elsewhere. (NT:
    /// KeFlushIoBuffers.)
    /// </summary>
    /// <param name="Mdl">The bytes; of a chain only this one.</param>
    /// <param name="ReadOperation">
    /// Whether the bytes were read from a device. Makes no difference here: lines are written back and invalidated.
    /// </param>
    /// <param name="DmaOperation">Whether the device itself moves them. Makes no difference here.</param>
    /// <exception cref="InvalidOperationException">
    /// The thread runs above <see cref="Irql.DispatchLevel"/>; nothing was done.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// Devices do not see the caches, and lines cannot be flushed here; nothing was done.
    /// </exception>
    /// <remarks>Thread safe. Allocates nothing, takes no lock, does not block. Instruction caches are left alone: bytes
    /// of a stream are not run as code here.</remarks>
    public static void KeFlushIoBuffers(MDL* Mdl, BOOLEAN ReadOperation, BOOLEAN DmaOperation)
    {
        RequireDispatchOrLower(nameof(KeFlushIoBuffers));
        if (!DevicesSeeCaches) FlushLines(Mdl, ProcessorCache.Supported);
    }

    /// <summary>Whether the hardware keeps the processors' caches coherent with devices.</summary>
    internal static bool DevicesSeeCaches =>
        RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86;

    /// <summary>What is done where devices do not see the caches.</summary>
    internal static void FlushLines(MDL* mdl, LineFlusher flusher) =>
        flusher.FlushReadable((nuint)mdl->MappedSystemVa, mdl->ByteCount);
}
