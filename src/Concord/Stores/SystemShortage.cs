using Concord.Interop;

namespace Concord.Stores;

/// <summary>
/// Where the system has no descriptor or no memory left for an opening, caches give up what they hold of idle files,
/// and the opening is tried again.
/// </summary>
internal static class SystemShortage
{
    /// <summary>The most tries: other threads and programs may take what is given up.</summary>
    private const int TriesMax = 16;

    // The list is its own lock. A cache that was dropped without disposal is not kept.
    private static readonly List<WeakReference<ISpareHolder>> Holders = [];

    /// <summary>Adds a holder: it is asked from now on.</summary>
    internal static void Join(ISpareHolder holder)
    {
        lock (Holders)
        {
            Holders.RemoveAll(static one => !one.TryGetTarget(out _));
            Holders.Add(new WeakReference<ISpareHolder>(holder));
        }
    }

    /// <summary>Removes a holder.</summary>
    internal static void Leave(ISpareHolder holder)
    {
        lock (Holders) Holders.RemoveAll(one => !one.TryGetTarget(out var other) || other == holder);
    }

    /// <summary>Runs an opening, and again while the system lacks what caches can give up.</summary>
    internal static T Relieve<T>(Func<T> open)
    {
        for (int tries = 1; ; tries++)
        {
            try
            {
                return open();
            }
            catch (Exception error) when (tries < TriesMax && FileBytes.IsShortage(error))
            {
                if (!TryRelieve()) throw;
            }
        }
    }

    private static bool TryRelieve()
    {
        List<ISpareHolder> holders = [];
        lock (Holders)
        {
            foreach (var one in Holders)
            {
                if (one.TryGetTarget(out var holder)) holders.Add(holder);
            }
        }

        bool given = false;
        foreach (var holder in holders) given |= holder.TryGiveUpSome();
        return given;
    }
}
