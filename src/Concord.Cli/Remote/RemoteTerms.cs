using Concord.Stores;
using Concord.Stores.Http;

namespace Concord.Cli.Remote;

/// <summary>How files behind addresses are read.</summary>
/// <param name="Tier">The directory of the tier on disk; null for none.</param>
/// <param name="TierBytes">Its capacity; null for the one that it has, or else the usual one.</param>
/// <param name="Check">How versions are told apart.</param>
internal sealed record RemoteTerms(
    string? Tier = null, long? TierBytes = null, HttpVersionCheck Check = HttpVersionCheck.StrongTag)
{
    internal const long TierBytesUsual = 10L << 30;

    /// <summary>Opens the tier; null where none was named.</summary>
    /// <exception cref="IOException">Another process uses it, or it cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The rights do not allow it.</exception>
    internal DiskTier? OpenTier()
    {
        if (Tier is null) return null;
        long bytes = TierBytes ?? CapacityOf(Tier) ?? TierBytesUsual;
        return DiskTier.Open(Tier, Math.Clamp(bytes, DiskTier.MinCapacityBytes, DiskTier.MaxCapacityBytes));
    }

    /// <summary>The capacity of a tier that is there; null where there is none.</summary>
    internal static long? CapacityOf(string directory) =>
        TierFiles.Look(directory) is { Slots: > 0 } found ? found.Slots * TierGeometry.BlockBytes : null;
}
