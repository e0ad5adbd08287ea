using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Concord.Benchmarks.Workloads;

/// <summary>The fio program: writes of one size, direct, so many in flight.</summary>
internal static class Fio
{
    private const string FileName = "fio";

    /// <summary>What to do where it is missing.</summary>
    public const string Missing = "fio is not installed (Debian, Ubuntu: apt-get install fio)";

    public static bool IsInstalled { get; } = InstalledProgram.Exists(FileName);

    /// <summary>Writes pieces with gaps of the same size between them, from the file's beginning to its end.</summary>
    /// <returns>How long the writes took, by fio's own clock, without its start.</returns>
    public static double WriteNanoseconds(string path, long fileBytes, int pieceBytes, int inFlight)
    {
        string[] arguments =
        [
            "--name=writes", $"--filename={path}", "--ioengine=libaio", "--direct=1", $"--bs={Text(pieceBytes)}",
            $"--rw=write:{Text(pieceBytes)}",
            $"--iodepth={Text(inFlight)}", $"--size={Text(fileBytes)}", $"--io_size={Text(fileBytes / 2)}",
            "--output-format=json", "--overwrite=1",
        ];
        using Process process = Process.Start(
            new ProcessStartInfo(FileName, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"fio ended with {process.ExitCode}");
        using JsonDocument document = JsonDocument.Parse(output[output.IndexOf('{')..]);
        JsonElement writes = document.RootElement.GetProperty("jobs")[0].GetProperty("write");
        long bytes = writes.GetProperty("io_bytes").GetInt64();
        if (bytes != fileBytes / 2)
            throw new InvalidOperationException($"fio wrote {bytes} bytes and not {fileBytes / 2}");
        return bytes / writes.GetProperty("bw_bytes").GetDouble() * 1e9;
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
