using System.Diagnostics;
using System.Globalization;
using Concord.Cli.Commands;
using Concord.Cli.Files;
using Concord.Cli.Interop;
using Concord.Cli.Running;
using Concord.Cli.Text;
using Concord.Interop.Linux;

namespace Concord.Cli.Locking;

/// <summary>
/// A second process of this program that keeps the locks and leaves the terminal. It gets everything through its
/// standard input, since arguments that .NET passes on must be UTF-8; it writes a zero once all is locked.
/// </summary>
internal static class LockDaemon
{
    /// <summary>Starts it, and waits until it has locked everything or has failed.</summary>
    /// <returns>The exit code.</returns>
    internal static int Start(Run run, FileSelection selection, ByteRange? range, string? pidFile)
    {
        if (!Support.Check(run)) return ExitCode.Error;
        List<string> paths = [];
        foreach (WalkedFile walked in new FileWalk(selection, run.Failures).Files())
        {
            walked.Found?.Dispose();
            paths.Add(walked.Path);
        }

        if (run.Failures.Count > 0) return ExitCode.Error;
        using Process process = SelfProcess.Start(LockDaemonCommand.Name);
        using (Stream input = process.StandardInput.BaseStream)
        {
            string form = run.IsJson ? "json" : run.IsQuiet ? "quiet" : "text";
            string bytes = range is { } asked
                ? string.Create(CultureInfo.InvariantCulture, $"{asked.Offset}:{asked.Length}")
                : "";
            foreach (string word in (string[])[form, bytes, pidFile is null ? "" : AbsolutePath.Of(pidFile)])
                Write(input, word);
            foreach (string path in paths) Write(input, path);
        }

        return Relay(process.StandardOutput.BaseStream, run.Output.Stream) ? ExitCode.Done : EndOf(process);
    }

    /// <summary>The second process's part.</summary>
    internal static int Serve(Output output)
    {
        using Stream input = StandardStreams.OpenInput();
        var words = new RecordReader(input, 0);
        string form = Next(words), bytes = Next(words), pidFile = Next(words);
        List<string> paths = [];
        while (words.TryNext(out ReadOnlyMemory<byte> path)) paths.Add(PathBytes.Decode(path.Span));
        using var run = new Run(output, form == "json", form == "quiet");
        ByteRange? range = RangeText.TryParse(bytes, out ByteRange asked, out _) ? asked : null;
        return LockHolder.Hold(
            run, new FileSelection(paths), range, pidFile.Length == 0 ? null : pidFile, () => Detach(output));
    }

    private static void Detach(Output output)
    {
        output.Flush();
        Background.Enter(() => output.Stream.Write([0]));
    }

    private static string Next(RecordReader words) =>
        words.TryNext(out ReadOnlyMemory<byte> word) ? PathBytes.Decode(word.Span) : "";

    private static void Write(Stream input, string word)
    {
        ReadOnlySpan<byte> bytes = PathBytes.Encode(word);
        input.Write(bytes[..(bytes.IndexOf((byte)0) + 1)]);
    }

    /// <summary>Passes on what it says, up to the zero, and returns whether that came.</summary>
    private static bool Relay(Stream said, Stream output)
    {
        byte[] bytes = new byte[16 * 1024];
        for (int read = said.Read(bytes); read > 0; read = said.Read(bytes))
        {
            int end = bytes.AsSpan(0, read).IndexOf((byte)0);
            output.Write(bytes.AsSpan(0, end < 0 ? read : end));
            if (end >= 0) return true;
        }

        return false;
    }

    private static int EndOf(Process process)
    {
        process.WaitForExit();
        return process.ExitCode;
    }
}
