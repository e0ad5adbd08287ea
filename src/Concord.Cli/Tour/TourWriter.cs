using System.Buffers.Binary;
using System.Globalization;
using Concord.Cli.Running;

namespace Concord.Cli.Tour;

/// <summary>
/// The tour's second process, which is killed: it writes numbered records through a cache, flushes each, and then
/// prints its number. Every record whose number was printed must be in the file.
/// </summary>
internal static class TourWriter
{
    /// <summary>Not a divisor of a page, so that records lie across pages.</summary>
    internal const int RecordBytes = 1000;

    private const ulong Multiplier = 0x9E3779B97F4A7C15;

    /// <summary>The process itself: writes until it is killed, or its output is closed.</summary>
    internal static int Serve(string path, Output output)
    {
        using var cache = new FileCache();
        using CachedFile file = cache.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        var record = new byte[RecordBytes];
        for (int number = 1; ; number++)
        {
            Fill(record, number);
            file.Write((number - 1L) * RecordBytes, record);
            file.FlushAndPurge(CoherencyOptions.NoPurge).ThrowIfIncomplete();
            output.Text.WriteLine(number.ToString(CultureInfo.InvariantCulture));
            output.Flush();
        }
    }

    /// <summary>Fills a record with bytes of which no eight are equal to eight others.</summary>
    internal static void Fill(Span<byte> record, int number)
    {
        for (int at = 0; at < record.Length; at += sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(
                record[at..], ((ulong)number * RecordBytes + (ulong)at + 1) * Multiplier);
        }
    }
}
