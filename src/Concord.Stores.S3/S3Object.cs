using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Concord.Stores.S3;

/// <summary>An object: which version it has now, and bytes of a version.</summary>
internal sealed class S3Object(IAmazonS3 client, string name, string bucket, string key, S3StoreOptions options)
{
    /// <summary>Asks which version there is.</summary>
    /// <exception cref="IOException">The service does not tell.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal async Task<ObjectVersion> FindVersionAsync(CancellationToken cancellationToken)
    {
        var request = new GetObjectMetadataRequest
        {
            BucketName = bucket,
            Key = key,
            VersionId = options.VersionId,
        };
        try
        {
            var answer = await client.GetObjectMetadataAsync(request, cancellationToken).ConfigureAwait(false);
            return answer.ETag is { Length: > 0 } tag && !tag.StartsWith("W/", StringComparison.Ordinal)
                ? new ObjectVersion(answer.ContentLength, tag, Given(answer.VersionId))
                : throw new IOException(
                    $"{name}: the service gives no entity tag, so that versions of the object cannot be told apart");
        }
        catch (Exception error) when (ServiceFailure.Is(error))
        {
            throw ServiceFailure.Explain(name, error, cancellationToken);
        }
    }

    /// <summary>Reads bytes of a version; goes on behind those that came when an answer ends early.</summary>
    /// <param name="version">The version.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="destination">Where they go; the version has that many.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <exception cref="StoreChangedException">The service has another version.</exception>
    /// <exception cref="IOException">They could not be read.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal async ValueTask ReadAsync(
        ObjectVersion version, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var read = new RemoteRead(name, options.Rules, offset, destination);
        await read.FillAsync(
            () => TryReadAsync(version, read, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private async Task TryReadAsync(ObjectVersion version, RemoteRead read, CancellationToken cancellationToken)
    {
        var (first, last) = (read.First, read.Last);
        try
        {
            using var answer = await AskAsync(version, first, last, cancellationToken).ConfigureAwait(false);
            int carried = CheckPart(answer, version, first, last);
            using var deadline = new Deadline(options.Rules, cancellationToken);
            await read.TakeAsync(answer.ResponseStream, carried, deadline).ConfigureAwait(false);
        }
        catch (AmazonServiceException error) when (error.StatusCode
            is HttpStatusCode.PreconditionFailed or HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            throw await ChangedAsync(version, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (ServiceFailure.Is(error))
        {
            throw ServiceFailure.Explain(name, error, cancellationToken);
        }
    }

    private Task<GetObjectResponse> AskAsync(
        ObjectVersion version, long first, long last, CancellationToken cancellationToken)
    {
        var request = new GetObjectRequest
        {
            BucketName = bucket,
            Key = key,
            VersionId = options.VersionId,
            ByteRange = new Amazon.S3.Model.ByteRange(first, last),
            EtagToMatch = version.Tag,
        };
        return client.GetObjectAsync(request, cancellationToken);
    }

    /// <summary>Checks that an answer carries a part of a version.</summary>
    /// <returns>How many bytes it carries, from the first on; at least one.</returns>
    private int CheckPart(GetObjectResponse answer, ObjectVersion version, long first, long last)
    {
        if (answer.HttpStatusCode != HttpStatusCode.PartialContent)
        {
            throw new IOException($"{name}: the service answers with {(int)answer.HttpStatusCode} "
                + $"({answer.HttpStatusCode}) where a part was asked for: it cannot be read at random");
        }

        var range = CarriedPart.Parse(answer.ContentRange);
        int carried = CarriedPart.Check(name, range, answer.ContentLength, first, last);
        long length = range!.Length!.Value;
        return version.IsShownBy(length, answer.ETag)
            ? carried
            : throw Changed(version, new ObjectVersion(length, answer.ETag ?? "none", Given(answer.VersionId)));
    }

    private async Task<IOException> ChangedAsync(ObjectVersion version, CancellationToken cancellationToken)
    {
        var found = await FindVersionAsync(cancellationToken).ConfigureAwait(false);
        return version.IsShownBy(found.Length, found.Tag)
            ? new IOException($"{name}: the service says that the object has changed, and shows the same version "
                + $"({version.Describe()})")
            : Changed(version, found);
    }

    private StoreChangedException Changed(ObjectVersion known, ObjectVersion found) =>
        new(name, known.Describe(), found.Describe());

    /// <summary>A bucket that keeps no versions gives none, or one that is called null.</summary>
    private static string? Given(string? id) => id is null or "" or "null" ? null : id;
}
