using System.Diagnostics;

namespace Concord.Memory;

/// <summary>
/// The slots of all threads that have copied from or to a cache. They cost hits nothing. A call that drops pages,
/// writes them back or holds a file exclusively first keeps hits out, then calls <see cref="Fence"/>, and then looks
/// which threads are still inside.
/// </summary>
internal static class Pins
{
    [ThreadStatic]
    private static PinSlot? OfThread;

    // Gate owns the writing of Slots; the array is replaced, never changed, so it is read without the lock.
    private static readonly Lock Gate = new();
    private static WeakReference<PinSlot>[] Slots = [];

    /// <summary>This thread's slot. Allocates once a thread.</summary>
    internal static PinSlot Mine => OfThread ?? Join();

    /// <summary>
    /// Makes every earlier announcement visible to this thread, and every earlier closing visible to each thread that
    /// announces from now on.
    /// </summary>
    internal static void Fence() => Interlocked.MemoryBarrierProcessWide();

    /// <summary>The pages of one extent that a thread is copying from or to now.</summary>
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
    /// Waits until every copy that was inside a section at the call has ended, but not longer than
    /// <paramref name="limit"/>: the copy's own memory may fault on a mount that this process serves.
    /// </summary>
    /// <returns>Whether all have ended.</returns>
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
            // Drop the places of slots whose threads have ended and that were collected.
            Slots = [.. Slots.Where(reference => reference.TryGetTarget(out _)), new WeakReference<PinSlot>(slot)];
        }

        return OfThread = slot;
    }
}
