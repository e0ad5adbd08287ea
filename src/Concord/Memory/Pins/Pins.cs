using System.Diagnostics;

namespace Concord.Memory;

/// <summary>
/// The slots of all threads that ever copied from or to a cache. Hits pay nothing for them. A call that takes pages
/// away or writes them back, or takes a file alone, first keeps hits out, then calls <see cref="Fence"/>, and then
/// looks which threads are still inside.
/// </summary>
internal static class Pins
{
    [ThreadStatic]
    private static PinSlot? OfThread;

    // Gate owns the writing of Slots; the array itself is replaced, never changed, so it is read without.
    private static readonly Lock Gate = new();
    private static WeakReference<PinSlot>[] Slots = [];

    /// <summary>This thread's slot. Allocates once a thread.</summary>
    internal static PinSlot Mine => OfThread ?? Join();

    /// <summary>
    /// Makes every announcement that came before visible, and every closing that came before seen by whoever
    /// announces from now on.
    /// </summary>
    internal static void Fence() => Interlocked.MemoryBarrierProcessWide();

    /// <summary>The pages of one extent that some thread is copying from or to now.</summary>
    internal static ulong Inside(long section, long extent)
    {
        ulong inside = PageMask.None;
        foreach (var reference in Volatile.Read(ref Slots))
        {
            if (!reference.TryGetTarget(out var slot)) continue;
            var look = slot.Look();
            if (look.Section == section && look.Extent == extent) inside |= look.Pages;
        }

        return inside;
    }

    /// <summary>
    /// Waits until everybody who was inside a section when this was called has left, but not longer than
    /// <paramref name="limit"/>: a reader's own memory may fault on a mount that we serve.
    /// </summary>
    /// <returns>Whether everybody left.</returns>
    internal static bool Drain(long section, TimeSpan limit)
    {
        long start = Stopwatch.GetTimestamp();
        foreach (var reference in Volatile.Read(ref Slots))
        {
            if (!reference.TryGetTarget(out var slot)) continue;
            var first = slot.Look();
            var spin = new SpinWait();
            while (first.Section == section && slot.Look() is var now && now.Section == section
                && now.Turn == first.Turn)
            {
                if (Stopwatch.GetElapsedTime(start) > limit) return false;
                spin.SpinOnce();
            }
        }

        return true;
    }

    private static PinSlot Join()
    {
        var slot = new PinSlot();
        lock (Gate)
        {
            // The slot of a thread that has ended is collected; its place goes to the next one.
            Slots = [.. Slots.Where(reference => reference.TryGetTarget(out _)), new WeakReference<PinSlot>(slot)];
        }

        return OfThread = slot;
    }
}
