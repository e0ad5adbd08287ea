using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Concord.Stores.AzureBlobs;

/// <summary>A blob as it is read: which version it has now, and bytes of it. The client tries again.</summary>
internal sealed class BlobContent(BlobBaseClient client, string name)
{
    // The client has its own times and retries, also in the middle of a body; these come on top of them.
    private static readonly RetryRules Rules = new() { AnswerTimeout = TimeSpan.FromMinutes(10), RetriesMax = 1 };

    /// <summary>Asks which version there is.</summary>
    /// <exception cref="IOException">The service does not tell.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal async Task<BlobVersion> FindVersionAsync(CancellationToken cancellationToken)
    {
        var found = await GetPropertiesAsync(cancellationToken).ConfigureAwait(false);
        return new BlobVersion(LengthOf(found), found.ContentLength, found.ETag);
    }

    /// <summary>Asks what the service knows of the blob.</summary>
    /// <exception cref="IOException">The service does not tell.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal async Task<BlobProperties> GetPropertiesAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (BlobFailure.Is(error))
        {
            throw BlobFailure.Explain(name, error, cancellationToken);
        }
    }

    /// <summary>Reads bytes of a version.</summary>
    /// <param name="version">The version.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="destination">Where they go; the version has that many.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <exception cref="StoreChangedException">The service has another version.</exception>
    /// <exception cref="IOException">They could not be read.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal async ValueTask ReadAsync(
        BlobVersion version, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var read = new RemoteRead(name, Rules, offset, destination);
        await read.FillAsync(
            () => TryReadAsync(version, read, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads bytes of whatever version there is: for a blob's only writer.</summary>
    /// <exception cref="IOException">They could not be read.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal async ValueTask ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var read = new RemoteRead(name, Rules, offset, destination);
        await read.FillAsync(
            () => TryReadAsync(version: null, read, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private static long LengthOf(BlobProperties found) => found.BlobType == BlobType.Page
        ? PageBlobLength.Of(found.Metadata, found.ContentLength)
        : found.ContentLength;

    private async Task TryReadAsync(BlobVersion? version, RemoteRead read, CancellationToken cancellationToken)
    {
        var (first, last) = (read.First, read.Last);
        var options = new BlobDownloadOptions
        {
            Range = new HttpRange(first, last - first + 1),
            Conditions = version is null ? null : new BlobRequestConditions { IfMatch = version.Tag },
        };
        try
        {
            var answer = await client.DownloadStreamingAsync(options, cancellationToken).ConfigureAwait(false);
            using var part = answer.Value;
            int carried = CheckPart(answer.GetRawResponse().Status, part.Details, version, first, last);
            using var deadline = new Deadline(Rules, cancellationToken);
            await read.TakeAsync(part.Content, carried, deadline).ConfigureAwait(false);
        }
        catch (Exception error) when (
            BlobFailure.Is(error) && version is not null && BlobFailure.StatusOf(error) is 412 or 416)
        {
            throw await ChangedAsync(version!, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (BlobFailure.Is(error))
        {
            throw BlobFailure.Explain(name, error, cancellationToken);
        }
    }

    /// <summary>Checks that an answer carries a part of a version.</summary>
    /// <returns>How many bytes it carries, from the first on; at least one.</returns>
    private int CheckPart(int status, BlobDownloadDetails details, BlobVersion? version, long first, long last)
    {
        const int PartialContent = 206;
        if (status != PartialContent)
        {
            throw new IOException($"{name}: the service answers with {status} where a part was asked for: it cannot be "
                + "read at random");
        }

        var range = CarriedPart.Parse(details.ContentRange);
        int carried = CarriedPart.Check(name, range, details.ContentLength, first, last);
        long bytes = range!.Length!.Value;
        if (version is null || (version.BlobBytes == bytes && version.Tag == details.ETag)) return carried;
        throw Changed(version, new BlobVersion(bytes, bytes, details.ETag));
    }

    private async Task<IOException> ChangedAsync(BlobVersion version, CancellationToken cancellationToken)
    {
        var found = await FindVersionAsync(cancellationToken).ConfigureAwait(false);
        return version == found
            ? new IOException($"{name}: the service says that the blob has changed, and shows the same version "
                + $"({version.Describe()})")
            : Changed(version, found);
    }

    private StoreChangedException Changed(BlobVersion known, BlobVersion found) =>
        new(name, known.Describe(), found.Describe());
}
