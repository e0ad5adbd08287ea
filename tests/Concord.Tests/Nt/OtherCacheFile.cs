namespace Concord.Tests.Nt;

/// <summary>A file of a cache that nobody here knows, and that does not say whether pages went.</summary>
internal sealed class OtherCacheFile : ICoherentFile
{
    public CoherencyResult FlushAndPurge(CoherencyOptions options = CoherencyOptions.None) =>
        new(CoherencyStatus.Unknown, 12, null, null, [new LeftRange(new ByteRange(0, 12), LeftReason.Unknown)]);

    public CoherencyResult FlushAndPurge(ByteRange range, CoherencyOptions options = CoherencyOptions.None) =>
        FlushAndPurge(options);

    public ValueTask<CoherencyResult> FlushAndPurgeAsync(
        CoherencyOptions options = CoherencyOptions.None, CancellationToken cancellationToken = default) =>
        new(FlushAndPurge(options));

    public ValueTask<CoherencyResult> FlushAndPurgeAsync(
        ByteRange range, CoherencyOptions options = CoherencyOptions.None,
        CancellationToken cancellationToken = default) =>
        new(FlushAndPurge(options));
}
