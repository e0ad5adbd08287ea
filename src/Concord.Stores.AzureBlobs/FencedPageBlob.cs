using Azure.Storage.Blobs.Models;

namespace Concord.Stores.AzureBlobs;

/// <summary>
/// A page blob with one writer, whose requests are done in the order in which they were answered.
/// </summary>
/// <remarks>
/// The lease keeps others away. What keeps this writer's own lost requests away is the blob's sequence number: a
/// request that was not answered may be done at any later moment, also over what a newer one has written. So each write
/// of pages names the number, each other change the entity tag that it found, and after a request without an answer the
/// number is raised, which changes both, before anything else is written.
/// </remarks>
internal sealed class FencedPageBlob(
    PageBlobClients clients, BlobContent content, BlobLease lease, string name, RetryRules rules) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Lock _lock = new();
    private long _number, _doubted = -1;

    /// <summary>Learns the number from which the writer counts on, and how long the file is.</summary>
    /// <exception cref="IOException">It is no page blob, or the service does not tell.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal async Task<long> BeginAsync(CancellationToken cancellationToken)
    {
        var found = await content.GetPropertiesAsync(cancellationToken).ConfigureAwait(false);
        if (found.BlobType != BlobType.Page)
            throw new IOException($"{name} is no page blob, and cannot be written in place; AzureBlobStore reads it");
        Volatile.Write(ref _number, found.BlobSequenceNumber);
        return PageBlobLength.Of(found.Metadata, found.ContentLength);
    }

    /// <summary>Writes whole pages, which nobody changes any more. When it has returned they are durable.</summary>
    /// <exception cref="IOException">The service does not take them, or another writer has the blob.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal Task WriteAsync(long offset, byte[] pages, CancellationToken cancellationToken) => DoAsync(
        async number =>
        {
            using var body = new MemoryStream(pages, writable: false);
            var conditions = new PageBlobRequestConditions { LeaseId = lease.Id, IfSequenceNumberEqual = number };
            await clients.Writing.UploadPagesAsync(
                body, offset, new PageBlobUploadPagesOptions { Conditions = conditions }, cancellationToken)
                .ConfigureAwait(false);
        },
        cancellationToken);

    /// <summary>Changes the file's length, while nothing else is written.</summary>
    /// <exception cref="IOException">The service does not, or another writer has the blob.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal Task SetLengthAsync(long length, CancellationToken cancellationToken) => DoAsync(
        async _ =>
        {
            var found = await content.GetPropertiesAsync(cancellationToken).ConfigureAwait(false);
            var (tag, bytes) = (found.ETag, PageBlobLength.BlobBytes(length));
            var metadata = PageBlobLength.ForChange(found.Metadata, found.ContentLength, length);
            if (!ReferenceEquals(metadata, found.Metadata))
            {
                var answer = await clients.Writing.SetMetadataAsync(
                    metadata, new BlobRequestConditions { LeaseId = lease.Id, IfMatch = tag }, cancellationToken)
                    .ConfigureAwait(false);
                tag = answer.Value.ETag;
            }

            if (bytes == found.ContentLength) return;
            await clients.Writing.ResizeAsync(
                bytes, new PageBlobRequestConditions { LeaseId = lease.Id, IfMatch = tag }, cancellationToken)
                .ConfigureAwait(false);
        },
        cancellationToken);

    /// <summary>Makes sure that no request without an answer is done any more.</summary>
    /// <returns>The number that writes name.</returns>
    /// <exception cref="IOException">The service does not answer, or another writer has the blob.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal async ValueTask<long> SettleAsync(CancellationToken cancellationToken)
    {
        if (!IsDoubted) return Volatile.Read(ref _number);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (IsDoubted)
            {
                long next = _number + 1;
                await RaiseAsync(next, cancellationToken).ConfigureAwait(false);
                Volatile.Write(ref _number, next);
            }

            return _number;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private bool IsDoubted
    {
        get
        {
            lock (_lock) return _doubted >= _number;
        }
    }

    /// <summary>Sends what changes the blob until it is answered.</summary>
    private async Task DoAsync(Func<long, Task> change, CancellationToken cancellationToken)
    {
        var retries = new RetryPlan(rules);
        while (true)
        {
            long number = await SettleAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await change(number).ConfigureAwait(false);
                return;
            }
            catch (Exception error) when (BlobFailure.Is(error))
            {
                await ConsiderAsync(error, number, retries, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Returns if the request is to be sent again.</summary>
    private async Task ConsiderAsync(
        Exception error, long number, RetryPlan retries, CancellationToken cancellationToken)
    {
        if (BlobFailure.IsPassing(error))
        {
            Doubt(number);
            var failure = BlobFailure.Explain(name, error, cancellationToken);
            await retries.WaitAsync(
                new PassingFailure(failure.Message, cause: failure.InnerException), cancellationToken)
                .ConfigureAwait(false);
            return;
        }

        if (BlobLease.IsLack(error))
        {
            // The lease may have ended while this process was asleep, and nobody may have come since.
            if (!await lease.TryRenewAsync(cancellationToken).ConfigureAwait(false)) throw lease.Taken();
        }

        string? code = BlobFailure.CodeOf(error);
        bool isOutrun = code == BlobErrorCode.SequenceNumberConditionNotMet && number != Volatile.Read(ref _number);
        // A raise of the number that had been given up was done late: it changed the tag, and nothing else.
        bool isLateRaise = code == BlobErrorCode.ConditionNotMet;
        if (isOutrun || isLateRaise || BlobLease.IsLack(error))
        {
            await retries.WaitAsync(
                new PassingFailure($"{name}: the service answered {code}"), cancellationToken).ConfigureAwait(false);
            return;
        }

        throw code == BlobErrorCode.SequenceNumberConditionNotMet
            ? lease.Taken()
            : BlobFailure.Explain(name, error, cancellationToken);
    }

    /// <summary>A request that named the number was not answered.</summary>
    private void Doubt(long number)
    {
        lock (_lock) _doubted = Math.Max(_doubted, number);
    }

    /// <summary>Raises the number. May be done twice, and late: it never lowers it.</summary>
    private async Task RaiseAsync(long number, CancellationToken cancellationToken)
    {
        for (bool isRenewed = false; ; isRenewed = true)
        {
            try
            {
                await clients.Asking.UpdateSequenceNumberAsync(
                    SequenceNumberAction.Max, number, new PageBlobRequestConditions { LeaseId = lease.Id },
                    cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (Exception error) when (BlobLease.IsLack(error))
            {
                bool mayGoOn = !isRenewed && await lease.TryRenewAsync(cancellationToken).ConfigureAwait(false);
                if (!mayGoOn) throw lease.Taken();
            }
            catch (Exception error) when (BlobFailure.Is(error))
            {
                throw BlobFailure.Explain(name, error, cancellationToken);
            }
        }
    }
}
