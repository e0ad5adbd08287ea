using System.Globalization;

namespace Concord.Stores.AzureBlobs;

/// <summary>
/// How many bytes a file has in a page blob, whose own length is a multiple of 512. A file that ends inside the last
/// page of its blob says where, in the blob's metadata. What is said there holds only for a blob that ends with that
/// page, so that both lengths of a change can be written down beforehand: the change of the blob's length, which is one
/// request, then changes both at once.
/// </summary>
internal static class PageBlobLength
{
    /// <summary>The name in the metadata.</summary>
    internal const string Key = "concord_length";

    /// <summary>What a page blob is made of.</summary>
    internal const int PageBytes = 512;

    /// <summary>The longest page blob: 8 TiB.</summary>
    internal const long BytesMax = 8L << 40;

    /// <summary>How many bytes a blob has whose file has so many.</summary>
    internal static long BlobBytes(long length) => (length + PageBytes - 1) / PageBytes * PageBytes;

    /// <summary>How many bytes the file has in a blob.</summary>
    internal static long Of(IDictionary<string, string> metadata, long blobBytes)
    {
        if (!metadata.TryGetValue(Key, out string? said)) return blobBytes;
        foreach (string one in said.Split(' '))
        {
            bool isNumber = long.TryParse(one, NumberStyles.None, CultureInfo.InvariantCulture, out long length);
            if (isNumber && length < blobBytes && BlobBytes(length) == blobBytes) return length;
        }

        return blobBytes;
    }

    /// <summary>
    /// The metadata with which a blob shows one length before its own length is changed, and another one then; the
    /// same object if it has that already.
    /// </summary>
    internal static IDictionary<string, string> ForChange(
        IDictionary<string, string> metadata, long blobBytes, long length)
    {
        long before = Of(metadata, blobBytes), newBytes = BlobBytes(length);
        bool isReady = Of(metadata, newBytes) == length;
        if (isReady) return metadata;
        var changed = new Dictionary<string, string>(metadata, StringComparer.OrdinalIgnoreCase);
        long[] lengths = newBytes == blobBytes ? [length] : [length, before];
        string said = string.Join(' ', lengths.Where(static one => one % PageBytes != 0)
            .Select(static one => one.ToString(CultureInfo.InvariantCulture)));
        if (said.Length > 0) changed[Key] = said;
        else changed.Remove(Key);
        return changed;
    }
}
