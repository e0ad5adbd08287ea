using Concord.Interop;

namespace Concord.Stores;

/// <summary>
/// Where the system has no descriptor or no memory left for a file that is to be opened, caches give up what they hold
/// of idle files, and it is tried again.
/// </summary>
internal static class SystemShortage
{
    /// <summary>Others take what is given up, too.</summary>
    private const int TriesMax = 16;

    // Owns itself. A cache that was dropped without a word is not kept.
    private static readonly List<WeakReference<ISpareHolder>> Holders = [];

    /// <summary>From now on this one is asked.</summary>
    internal static void Join(ISpareHolder holder)
    {
        lock (Holders)
        {
            Holders.RemoveAll(static one => !one.TryGetTarget(out _));
            Holders.Add(new WeakReference<ISpareHolder>(holder));
        }
    }

    /// <summary>Nobody asks this one any more.</summary>
    internal static void Leave(ISpareHolder holder)
    {
        lock (Holders) Holders.RemoveAll(one => !one.TryGetTarget(out var other) || other == holder);
    }

    /// <summary>Opens something, again while the system lacks what caches can give up.</summary>
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
