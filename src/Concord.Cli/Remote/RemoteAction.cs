using Concord.Cli.Actions;
using Concord.Cli.Text;
using Concord.Stores.Http;

namespace Concord.Cli.Remote;

/// <summary>What a command does to one file behind an address: <c>status</c>, <c>load</c> or <c>purge</c>.</summary>
/// <param name="Command">The command's name.</param>
/// <param name="Terms">How the file is read.</param>
/// <param name="Asked">The bytes that are meant; null for the whole file.</param>
/// <param name="Pace">How fast a load may read; null for as fast as it can.</param>
internal sealed record RemoteAction(string Command, RemoteTerms Terms, ByteRange? Asked = null, Pace? Pace = null)
{
    /// <summary>A load waits for the tier after so many bytes, before it begins to drop what it is given.</summary>
    private const long BytesPerFlush = 4 << 20;

    /// <summary>Treats one file.</summary>
    /// <exception cref="ArgumentException">It is no address.</exception>
    /// <exception cref="IOException">The server, or the tier, fails.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; what was loaded stays.</exception>
    internal RemoteOutcome Apply(string address, DiskTier tier, Tally tally, CancellationToken interrupted)
    {
        if (Command == "purge") return Purge(address, tier);
        HttpStore below = Addresses.Open(address, Terms.Check, interrupted);
        using var store = new TieredStore(below, tier);
        long length = below.GetLength();
        ByteRange range = new ByteRange(0, length).Intersect(Asked ?? new ByteRange(0, long.MaxValue));
        long fromTier = tier.GetCurrentStatistics().BytesRead;
        if (Command == "load") LoadAsync(store, range, tier, tally, interrupted).GetAwaiter().GetResult();
        long loaded = range.Length - (tier.GetCurrentStatistics().BytesRead - fromTier);
        return new RemoteOutcome(below.Name, tier.CountHeld(below.ContentKey!, range))
        {
            Size = length,
            Version = below.Version,
            Range = AskedRange.Of(Asked, length),
            BytesLoaded = Command == "load" ? loaded : null,
        };
    }

    private async Task LoadAsync(
        TieredStore store, ByteRange range, DiskTier tier, Tally tally, CancellationToken interrupted)
    {
        tally.Expect(range.Length);
        long unflushed = 0;
        await PieceReader.ReadAsync(store, range, async piece =>
        {
            tally.CountBytes(piece.Length);
            Pace?.Wait(piece.Length, interrupted);
            unflushed += piece.Length;
            if (unflushed < BytesPerFlush) return;
            unflushed = 0;
            await tier.FlushAsync(interrupted).ConfigureAwait(false);
        }, interrupted).ConfigureAwait(false);
        await tier.FlushAsync(interrupted).ConfigureAwait(false);
        if (tier.GetCurrentStatistics().FillFailure is { } failure)
            throw new IOException($"the tier takes nothing more: {failure}");
    }

    private static RemoteOutcome Purge(string address, DiskTier tier)
    {
        _ = Addresses.Parse(address);
        string name = Addresses.Show(address);
        long before = tier.GetCurrentStatistics().HeldBytes;
        tier.Clear(name);
        return new RemoteOutcome(name, 0) { BytesDropped = before - tier.GetCurrentStatistics().HeldBytes };
    }
}
