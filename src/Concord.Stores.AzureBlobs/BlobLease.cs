using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Concord.Stores.AzureBlobs;

/// <summary>
/// The reservation of a blob for one writer: the service refuses whoever does not name it, and who names it after
/// somebody else has got one.
/// </summary>
internal sealed class BlobLease : IDisposable
{
    private readonly BlobLeaseClient _lease, _releasing;
    private readonly string _name;
    private readonly ITimer? _timer;

    private BlobLease(
        BlobLeaseClient lease, BlobLeaseClient releasing, string name, AzurePageBlobStoreOptions options)
    {
        _lease = lease;
        _releasing = releasing;
        _name = name;
        if (options.LeaseDuration == Timeout.InfiniteTimeSpan) return;
        var period = options.LeaseDuration / 3;
        _timer = options.TimeProvider.CreateTimer(
            static lease => _ = ((BlobLease)lease!).TryRenewAsync(CancellationToken.None), this, period, period);
    }

    /// <summary>What requests that write name.</summary>
    internal string Id => _lease.LeaseId;

    /// <summary>Reserves a blob.</summary>
    /// <exception cref="IOException">It has another writer, or the service does not answer or refuses.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal static async Task<BlobLease> AcquireAsync(
        PageBlobClients clients, string name, AzurePageBlobStoreOptions options, CancellationToken cancellationToken)
    {
        var lease = clients.Asking.GetBlobLeaseClient();
        bool isBroken = false;
        while (true)
        {
            try
            {
                await lease.AcquireAsync(options.LeaseDuration, cancellationToken: cancellationToken)
                    .ConfigureAwait(false);
                return new BlobLease(lease, clients.Writing.GetBlobLeaseClient(lease.LeaseId), name, options);
            }
            catch (Exception error) when (BlobFailure.CodeOf(error) == BlobErrorCode.LeaseAlreadyPresent && !isBroken)
            {
                if (!options.TakesOver) throw HasWriter(name);
                await BreakAsync(clients.Asking, name, cancellationToken).ConfigureAwait(false);
                isBroken = true;
            }
            catch (Exception error) when (BlobFailure.Is(error))
            {
                throw BlobFailure.Explain(name, error, cancellationToken);
            }
        }
    }

    /// <summary>Renews the reservation, which the service does as long as nobody else has got one.</summary>
    /// <returns>Whether it did.</returns>
    internal async Task<bool> TryRenewAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _lease.RenewAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (BlobFailure.Is(error))
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }

    /// <summary>Whether a request was refused for want of a reservation.</summary>
    internal static bool IsLack(Exception error) => BlobFailure.CodeOf(error) is { } code
        && (code == BlobErrorCode.LeaseLost || code == BlobErrorCode.LeaseNotPresentWithBlobOperation
            || code == BlobErrorCode.LeaseIdMissing || code == BlobErrorCode.LeaseIdMismatchWithBlobOperation);

    /// <summary>What who lacks it is told.</summary>
    internal IOException Taken() => new($"{_name} was taken by another writer: nothing more is written through this "
        + "store. What was not written is in the cache still");

    /// <summary>Gives the blob back, where the service answers. Blocks meanwhile.</summary>
    public void Dispose()
    {
        _timer?.Dispose();
        try
        {
            _releasing.Release();
        }
        catch (Exception error) when (BlobFailure.Is(error))
        {
            // The reservation ends by itself, or belongs to somebody else by now.
            _ = error;
        }
    }

    private static async Task BreakAsync(BlobBaseClient client, string name, CancellationToken cancellationToken)
    {
        try
        {
            await client.GetBlobLeaseClient().BreakAsync(TimeSpan.Zero, cancellationToken: cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception error) when (BlobFailure.Is(error))
        {
            // That it has ended by itself meanwhile is as good.
            if (BlobFailure.CodeOf(error) == BlobErrorCode.LeaseNotPresentWithLeaseOperation) return;
            throw BlobFailure.Explain(name, error, cancellationToken);
        }
    }

    private static IOException HasWriter(string name) => new($"{name} has another writer, who holds its lease: close "
        + "that one, wait until its lease has ended, or take the blob with AzurePageBlobStoreOptions.TakesOver");
}
