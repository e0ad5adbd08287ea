using Concord.Stores.Http;

namespace Concord.Cli.Remote;

/// <summary>What <c>concord cat</c> reads: a file, or what is behind an address, through a tier if named.</summary>
internal sealed class CatSource : IDisposable
{
    private readonly HttpStore? _http;

    private CatSource(BackingStore store, HttpStore? http, DiskTier? tier)
    {
        (Store, _http, Tier) = (store, http, tier);
        Length = store.GetLength();
    }

    internal BackingStore Store { get; }

    internal DiskTier? Tier { get; }

    internal long Length { get; }

    /// <summary>The name in messages and documents.</summary>
    internal string Name => _http?.Name ?? Store.Name;

    /// <summary>The version in words; null for a file.</summary>
    internal string? Version => _http?.Version;

    /// <summary>Opens a file or an address. Blocks until a server has answered.</summary>
    /// <exception cref="ArgumentException">It is no address to be read, or a tier is named for a file.</exception>
    /// <exception cref="IOException">It, or the tier, cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The rights do not allow it.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal static CatSource Open(string path, RemoteTerms terms, CancellationToken interrupted)
    {
        if (!Addresses.IsOne(path))
        {
            if (terms.Tier is not null)
                throw new ArgumentException("a tier is for addresses, and this is a file; leave out --tier");
            return new CatSource(LocalFileStore.Open(path, share: FileShare.ReadWrite), null, null);
        }

        HttpStore http = Addresses.Open(path, terms.Check, interrupted);
        try
        {
            DiskTier? tier = terms.OpenTier();
            return new CatSource(tier is null ? http : new TieredStore(http, tier), http, tier);
        }
        catch
        {
            http.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Store.Dispose();
        Tier?.Dispose();
    }
}
