using System.Globalization;
using Concord.Cli.Rendering;
using Concord.Cli.Text;

namespace Concord.Cli.Processor;

/// <summary>The processor's figures as plain text.</summary>
internal static class ProcessorText
{
    internal static IEnumerable<(string Name, string Value)> Facts(ProcessorDocument document)
    {
        yield return ("line size", $"{document.LineSize} B");
        yield return ("offered", string.Join(", ", document.OfferedInstructions));
        yield return ("flush", document.FlushInstruction ?? ShareText.Unknown);
        yield return ("write back", document.WriteBackInstruction ?? ShareText.Unknown);
        yield return ("last-level cache", document.LastLevelCacheBytes is { } bytes
            ? SizeText.Format(bytes)
            : ShareText.Unknown);
    }

    internal static string Speed(FlushTime flush) =>
        string.Create(CultureInfo.InvariantCulture, $"{flush.BytesPerSecond / 1e9:F1} GB/s");

    internal static string Ratio(ReloadTimes reload) =>
        string.Create(CultureInfo.InvariantCulture, $"{reload.Ratio:F1} times slower");

    internal static string Range(HistogramBucket bucket) => string.Create(
        CultureInfo.InvariantCulture, $"{bucket.FromNanoseconds:0.#} to {bucket.ToNanoseconds:0.#} ns");

    internal static void Write(TextWriter writer, ProcessorDocument document)
    {
        if (document.UnsupportedReason is { } reason)
        {
            writer.WriteLine($"processor caches cannot be flushed here: {reason}");
            return;
        }

        foreach ((string name, string value) in Facts(document)) writer.WriteLine($"{name + ":",-18}{value}");
        if (document.Reload is { } reload) WriteReload(writer, reload);
        writer.WriteLine();
        var flushes = new PlainTable("FLUSH OF", ">SIZE", ">TIME", ">SPEED");
        foreach (FlushTime flush in document.Flushes ?? [])
        {
            flushes.Add(flush.What, SizeText.Format(flush.Bytes), CountText.Seconds(flush.Nanoseconds / 1e9),
                Speed(flush));
        }

        flushes.Write(writer);
    }

    private static void WriteReload(TextWriter writer, ReloadTimes reload)
    {
        writer.WriteLine($"{"reload, hot:",-18}{CountText.Seconds(reload.HotNanoseconds / 1e9)} a line");
        writer.WriteLine(
            $"{"reload, flushed:",-18}{CountText.Seconds(reload.ColdNanoseconds / 1e9)} a line, {Ratio(reload)}");
        writer.WriteLine();
        var table = new PlainTable("RELOAD OF A LINE", ">HOT", ">FLUSHED");
        foreach (HistogramBucket bucket in reload.Histogram)
        {
            table.Add(Range(bucket), CountText.Format(bucket.Hot), CountText.Format(bucket.Cold));
        }

        table.Write(writer);
    }
}
