using System.Globalization;
using System.Net.Http.Headers;

namespace Concord.Stores;

/// <summary>Which bytes an answer carries, against those that were asked for.</summary>
internal static class CarriedPart
{
    /// <summary>What a header says that is there as text; null if it says nothing.</summary>
    internal static ContentRangeHeaderValue? Parse(string? header) =>
        ContentRangeHeaderValue.TryParse(header, out var range) ? range : null;

    /// <summary>Checks that an answer carries bytes from the first one on that was asked for.</summary>
    /// <param name="name">The store's name.</param>
    /// <param name="range">What the answer says it carries; null if it does not.</param>
    /// <param name="bodyLength">How long its body is; null if it does not say.</param>
    /// <param name="first">The first byte that was asked for.</param>
    /// <param name="last">The last byte that was asked for.</param>
    /// <returns>How many bytes it carries; at least one.</returns>
    /// <exception cref="IOException">It carries other bytes, or does not say which.</exception>
    internal static int Check(
        string name, ContentRangeHeaderValue? range, long? bodyLength, long first, long last)
    {
        string asked = string.Create(CultureInfo.InvariantCulture, $"bytes {first} to {last}");
        if (range is not { Unit: "bytes", HasRange: true, HasLength: true })
        {
            throw new IOException(
                $"{name}: the answer for {asked} does not say which bytes it carries, and of how many");
        }

        long carried = range.To!.Value - range.From!.Value + 1;
        if (range.From != first || range.To > last || range.To >= range.Length)
            throw new IOException($"{name}: the answer for {asked} carries {range}");
        if (bodyLength is { } length && length != carried)
            throw new IOException($"{name}: the answer for {asked} carries {range}, and has a body of {length} bytes");
        return (int)carried;
    }
}
