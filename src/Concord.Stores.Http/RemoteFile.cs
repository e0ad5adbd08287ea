using System.Net.Http.Headers;

namespace Concord.Stores.Http;

/// <summary>
/// The file behind an address: which version it has now, and bytes of a version. Failures that may pass are tried
/// again.
/// </summary>
internal sealed class RemoteFile(RangeRequests requests, string name, HttpStoreOptions options)
{
    /// <summary>Asks which version there is.</summary>
    /// <exception cref="IOException">The server does not tell, or tells too little for the check.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal Task<RemoteVersion> FindVersionAsync(CancellationToken cancellationToken) =>
        RetryPlan.AskAsync(options.Rules, TryFindVersionAsync, cancellationToken);

    /// <summary>Reads bytes of a version; goes on behind those that came when a request fails in the middle.</summary>
    /// <param name="version">The version.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="destination">Where they go; the version has that many.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <exception cref="StoreChangedException">The server has another version.</exception>
    /// <exception cref="IOException">They could not be read.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal async ValueTask ReadAsync(
        RemoteVersion version, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var read = new RemoteRead(name, options.Rules, offset, destination);
        await read.FillAsync(
            () => TryReadAsync(version, read, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private async Task<RemoteVersion> TryFindVersionAsync(CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(options.Rules, cancellationToken);
        using var answer = await SendAsync(new RangeHeaderValue(0, 0), null, deadline).ConfigureAwait(false);
        if (!RangeAnswer.IsOfEmptyFile(answer)) _ = RangeAnswer.CheckPart(name, answer, options.TimeProvider, 0, 0);
        var version = RangeAnswer.VersionOf(answer);
        string? missing = options.VersionCheck switch
        {
            // The answer for an empty file has no tag with many servers, and there are no bytes to mix up.
            HttpVersionCheck.StrongTag when version is { Tag: null, Length: > 0 } =>
                answer.Headers.ETag is null ? "gives no entity tag" : "gives only a weak entity tag",
            HttpVersionCheck.LastModified when version is { LastModified: null, Length: > 0 } =>
                "does not say when the file was changed",
            _ => null,
        };
        if (missing is null) return version;
        throw new IOException($"{name}: the server {missing}, so that versions of the file cannot be told apart by "
            + $"{options.VersionCheck}; HttpStoreOptions.VersionCheck has less exact ways");
    }

    private async Task TryReadAsync(RemoteVersion version, RemoteRead read, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(options.Rules, cancellationToken);
        var (first, last) = (read.First, read.Last);
        using var answer = await SendAsync(new RangeHeaderValue(first, last), version, deadline).ConfigureAwait(false);
        if (RangeAnswer.IsOfOtherVersion(answer))
            throw await ChangedAsync(version, cancellationToken).ConfigureAwait(false);
        int carried = RangeAnswer.CheckPart(name, answer, options.TimeProvider, first, last);
        var shown = RangeAnswer.VersionOf(answer);
        if (!version.IsShownBy(shown, options.VersionCheck)) throw Changed(version, shown);
        var body = await answer.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
            await read.TakeAsync(body, carried, deadline).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> SendAsync(RangeHeaderValue range, RemoteVersion? version, Deadline deadline)
    {
        try
        {
            return await requests.SendAsync(range, version, deadline).ConfigureAwait(false);
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            throw deadline.Explain(name, error);
        }
    }

    private async Task<IOException> ChangedAsync(RemoteVersion version, CancellationToken cancellationToken)
    {
        var found = await FindVersionAsync(cancellationToken).ConfigureAwait(false);
        return version.IsShownBy(found, options.VersionCheck)
            ? new IOException($"{name}: the server says that the file has changed, and shows the same version "
                + $"({version.Describe(options.VersionCheck)})")
            : Changed(version, found);
    }

    private StoreChangedException Changed(RemoteVersion known, RemoteVersion found) =>
        new(name, known.Describe(options.VersionCheck), found.Describe(options.VersionCheck));
}
