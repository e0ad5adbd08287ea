using Concord.Scheduling;
using Concord.Stores;

namespace Concord.Caching;

/// <summary>Fills the memory of pages from the store, and with zeros behind the valid data length.</summary>
internal static class PageFill
{
    /// <summary>
    /// Reads bytes of a file. Behind the valid data length, and behind the end of the store, they are zeros.
    /// </summary>
    internal static async ValueTask FromStoreAsync(
        FileState file, long offset, Memory<byte> memory, CallMode mode, CancellationToken cancellationToken)
    {
        file.LeaveClosedStore();
        int valid = (int)Math.Clamp(file.Sizes.ValidLength - offset, 0, memory.Length);
        if (valid > 0)
        {
            await ReadOrClearAsync(file.Store, offset, memory[..valid], mode, cancellationToken).ConfigureAwait(false);
        }

        memory.Span[valid..].Clear();
    }

    /// <summary>Reads a store; what lies behind its end reads as zeros.</summary>
    internal static async ValueTask ReadOrClearAsync(
        BackingStore store, long offset, Memory<byte> memory, CallMode mode, CancellationToken cancellationToken)
    {
        int read = await store.ReadAsync(offset, memory, mode, cancellationToken).ConfigureAwait(false);
        memory.Span[read..].Clear();
    }
}
