namespace Concord.Tests.Stores.Tiers;

/// <summary>A folder for a tier, and the two files in it.</summary>
internal sealed class TierFolder : IDisposable
{
    internal const int BlockBytes = 65_536, PageBytes = 4_096, RecordBytes = 256, HeaderBytes = 4_096;

    private readonly TempFolder _folder = new();

    internal string Path => _folder["tier"];

    internal string Index => System.IO.Path.Combine(Path, "concord-tier.index");

    internal string Blocks => System.IO.Path.Combine(Path, "concord-tier.blocks");

    internal DiskTier Open(int blocks) => DiskTier.Open(Path, (long)blocks * BlockBytes);

    /// <summary>Reads all of a version through the tier, and compares; returns how much came from the tier.</summary>
    internal static async Task<long> ReadAllAsync(
        DiskTier tier, long length, int version = 1, int pieceBytes = 24 * PageBytes)
    {
        long before = tier.GetCurrentStatistics().BytesRead;
        using var store = new TieredStore(new VersionedStore(length, version), tier);
        byte[] bytes = new byte[pieceBytes];
        for (long at = 0; at < length; at += pieceBytes)
        {
            int count = await store.ReadAsync(at, bytes, CancellationToken.None);
            int expected = (int)Math.Min(pieceBytes, length - at);
            bool isSame = count == expected
                && VersionedStore.Content(at, expected, version).AsSpan().SequenceEqual(bytes.AsSpan(0, expected));
            if (!isSame) throw new InvalidOperationException($"{count} bytes at {at} of version {version} are others");
        }

        return tier.GetCurrentStatistics().BytesRead - before;
    }

    public void Dispose() => _folder.Dispose();
}
