namespace Concord.Cli.Text;

/// <summary>A range of a file as documents have it.</summary>
/// <param name="Offset">Its first byte.</param>
/// <param name="Length">Its bytes, those beyond the end of the file left out.</param>
internal sealed record AskedRange(long Offset, long Length)
{
    /// <summary>The part of a range that a file has; null where no range was asked for.</summary>
    internal static AskedRange? Of(ByteRange? range, long fileLength) => range is { } asked
        ? new AskedRange(asked.Offset, asked.Intersect(new ByteRange(0, fileLength)).Length)
        : null;
}
