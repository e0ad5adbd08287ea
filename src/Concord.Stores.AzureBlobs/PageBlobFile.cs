namespace Concord.Stores.AzureBlobs;

/// <summary>
/// The file in a page blob: bytes at any place, and any length, in pages of 512 bytes. Calls come side by side; a
/// change of length comes by itself.
/// </summary>
internal sealed class PageBlobFile(FencedPageBlob blob, BlobContent content) : IDisposable
{
    private const int PageBytes = PageBlobLength.PageBytes, Unknown = -1;

    /// <summary>The most that the service takes at once.</summary>
    private const int RequestBytesMax = 4 << 20;

    // Two writes may meet in a page: who keeps what is beside his bytes in it must be alone.
    private readonly SemaphoreSlim _ragged = new(1);
    private long _length = Unknown;

    // What a page has behind the file's end is what was cut off there, until it is cleared.
    private bool _isTailClear;

    /// <summary>Learns what is in the blob.</summary>
    internal async Task BeginAsync(CancellationToken cancellationToken) =>
        Volatile.Write(ref _length, await blob.BeginAsync(cancellationToken).ConfigureAwait(false));

    /// <summary>The file's length; asks for it if a change of length has failed.</summary>
    internal async ValueTask<long> GetLengthAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _length) == Unknown) await RefreshAsync(cancellationToken).ConfigureAwait(false);
        return Volatile.Read(ref _length);
    }

    /// <summary>Asks how long the file is.</summary>
    internal async ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        // A change of length that was given up could still be done behind the answer.
        await blob.SettleAsync(cancellationToken).ConfigureAwait(false);
        var found = await content.FindVersionAsync(cancellationToken).ConfigureAwait(false);
        if (Interlocked.Exchange(ref _length, found.Length) != found.Length) _isTailClear = false;
    }

    internal async ValueTask<int> ReadAsync(
        long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        long length = await GetLengthAsync(cancellationToken).ConfigureAwait(false);
        int count = (int)Math.Clamp(length - offset, 0, destination.Length);
        if (count > 0) await content.ReadAsync(offset, destination[..count], cancellationToken).ConfigureAwait(false);
        return count;
    }

    /// <summary>Writes bytes in front of the file's end.</summary>
    internal async ValueTask WriteAsync(long offset, GatheredBytes bytes, CancellationToken cancellationToken)
    {
        long end = offset + bytes.Count;
        bool isRagged = offset % PageBytes != 0 || end % PageBytes != 0;
        if (isRagged) await _ragged.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (offset < end)
            {
                // Whole pages that hold the next bytes, with what is beside them in the first and the last page.
                long first = offset / PageBytes * PageBytes;
                long next = Math.Min(end, first + RequestBytesMax);
                byte[] pages = new byte[PageBlobLength.BlobBytes(next) - first];
                await KeepBesideAsync(pages, first, offset, next, cancellationToken).ConfigureAwait(false);
                bytes.Take(pages.AsSpan((int)(offset - first), (int)(next - offset)));
                await blob.WriteAsync(first, pages, cancellationToken).ConfigureAwait(false);
                offset = next;
            }
        }
        finally
        {
            if (isRagged) _ragged.Release();
        }
    }

    /// <summary>Changes the length; new bytes are zeros.</summary>
    internal async ValueTask SetLengthAsync(long length, CancellationToken cancellationToken)
    {
        long before = await GetLengthAsync(cancellationToken).ConfigureAwait(false);
        if (length == before) return;
        if (length > before && before % PageBytes != 0 && !_isTailClear)
            await ClearTailAsync(before, cancellationToken).ConfigureAwait(false);

        // Whether a change that fails was done is not known.
        Volatile.Write(ref _length, Unknown);
        await blob.SetLengthAsync(length, cancellationToken).ConfigureAwait(false);
        _isTailClear = length > before;
        Volatile.Write(ref _length, length);
    }

    /// <summary>Makes sure that no request that was given up is done any more.</summary>
    internal async ValueTask SettleAsync(CancellationToken cancellationToken) =>
        await blob.SettleAsync(cancellationToken).ConfigureAwait(false);

    public void Dispose()
    {
        blob.Dispose();
        _ragged.Dispose();
    }

    /// <summary>Reads what a write of bytes keeps of its first and its last page.</summary>
    private async ValueTask KeepBesideAsync(
        byte[] pages, long first, long offset, long end, CancellationToken cancellationToken)
    {
        long length = await GetLengthAsync(cancellationToken).ConfigureAwait(false);
        long last = first + pages.Length - PageBytes;
        bool keepsBefore = offset > first;
        bool keepsBehind = end % PageBytes != 0 && end < length;
        if (keepsBefore) await ReadPageAsync(pages, first, first, length, cancellationToken).ConfigureAwait(false);
        if (keepsBehind && !(keepsBefore && first == last))
            await ReadPageAsync(pages, first, last, length, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads the file's bytes of a page; those behind its end are zeros.</summary>
    private async ValueTask ReadPageAsync(
        byte[] pages, long first, long page, long length, CancellationToken cancellationToken)
    {
        int count = (int)Math.Clamp(length - page, 0, PageBytes);
        if (count == 0) return;
        await content.ReadAsync(page, pages.AsMemory((int)(page - first), count), cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>Clears what was cut off in the file's last page, before it becomes a part of the file again.</summary>
    private async ValueTask ClearTailAsync(long length, CancellationToken cancellationToken)
    {
        byte[] page = new byte[PageBytes];
        long last = length / PageBytes * PageBytes;
        await ReadPageAsync(page, last, last, length, cancellationToken).ConfigureAwait(false);
        await blob.WriteAsync(last, page, cancellationToken).ConfigureAwait(false);
        _isTailClear = true;
    }
}
