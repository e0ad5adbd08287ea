using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;

namespace Concord.HitRatios.Traces;

/// <summary>
/// Traces of a folder and the folders below it: text with a number a line (<c>.trace</c>; lines that are no numbers are
/// passed over) and 32-bit numbers (<c>.trc</c>, or <c>.trace.xz</c> as cache2k's collection has them), plain or packed
/// (<c>.gz</c>; <c>.xz</c> where the <c>xz</c> command is).
/// </summary>
internal static class TraceFolder
{
    internal static IEnumerable<Trace> Read(string folder)
    {
        string[] files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories);
        foreach (string file in files.Order(StringComparer.Ordinal))
        {
            if (IsTrace(file)) yield return Trace.Of(NameOf(file), ReadNumbers(file));
        }
    }

    private static bool IsTrace(string file) => Path.GetFileName(file).Split('.')[1..] is
        ["trace"] or ["trace", "gz"] or ["trace", "xz"] or ["trc"] or ["trc", "gz"] or ["trc", "xz"];

    private static string NameOf(string file) => Path.GetFileName(file).Split('.')[0];

    private static IEnumerable<long> ReadNumbers(string file)
    {
        bool isBinary = file.EndsWith(".xz", StringComparison.Ordinal)
            || file.Contains(".trc", StringComparison.Ordinal);
        byte[] bytes = Unpack(file);
        return isBinary ? ReadBinary(bytes) : ReadText(bytes);
    }

    private static byte[] Unpack(string file)
    {
        using var unpacked = new MemoryStream();
        using var packed = File.OpenRead(file);
        if (file.EndsWith(".gz", StringComparison.Ordinal))
        {
            using var stream = new GZipStream(packed, CompressionMode.Decompress);
            stream.CopyTo(unpacked);
        }
        else if (file.EndsWith(".xz", StringComparison.Ordinal))
        {
            var start = new ProcessStartInfo("xz", ["-dc", file]) { RedirectStandardOutput = true };
            using var program = Process.Start(start)!;
            program.StandardOutput.BaseStream.CopyTo(unpacked);
            program.WaitForExit();
            if (program.ExitCode != 0) throw new InvalidDataException($"xz cannot unpack {file}");
        }
        else
        {
            packed.CopyTo(unpacked);
        }

        return unpacked.ToArray();
    }

    private static IEnumerable<long> ReadBinary(byte[] bytes)
    {
        for (int at = 0; at + sizeof(int) <= bytes.Length; at += sizeof(int))
            yield return BitConverter.ToInt32(bytes, at);
    }

    private static IEnumerable<long> ReadText(byte[] bytes)
    {
        using var reader = new StreamReader(new MemoryStream(bytes));
        const NumberStyles Style = NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite;
        while (reader.ReadLine() is { } line)
        {
            if (long.TryParse(line, Style, CultureInfo.InvariantCulture, out long number)) yield return number;
        }
    }
}
