using Concord.Cli.Interop;

namespace Concord.Cli.Running;

/// <summary>The output of a command, and what can be shown there.</summary>
internal sealed class Output
{
    private const int WriterChars = 16 * 1024;
    private static readonly string[] LocaleNames = ["LC_ALL", "LC_CTYPE", "LANG"];

    /// <summary>What every line on standard error begins with.</summary>
    private const string Program = "concord";

    private TextWriter? _error;

    private Output(Stream stream)
    {
        Stream = stream;
        Text = new StreamWriter(stream, bufferSize: WriterChars);
    }

    /// <summary>Standard output as bytes, unbuffered.</summary>
    internal Stream Stream { get; }

    /// <summary>Standard output as text; written out when it fills, and by <see cref="Flush"/>.</summary>
    internal TextWriter Text { get; }

    /// <summary>Standard error, written out at each line, by any thread.</summary>
    internal TextWriter Error => _error ?? OpenError();

    /// <summary>Whether standard output is a terminal: only then are there colours, bars and maps.</summary>
    internal bool IsTerminal { get; private init; }

    /// <summary>Whether characters beyond ASCII can be shown.</summary>
    internal bool IsUtf8 { get; private init; }

    internal static Output Open() => new(StandardStreams.OpenOutput())
    {
        IsTerminal = StandardStreams.OutputIsTerminal,
        IsUtf8 = SpeaksUtf8(),
    };

    /// <summary>Two threads that open it at once get the same writer.</summary>
    private TextWriter OpenError()
    {
        TextWriter opened = TextWriter.Synchronized(new StreamWriter(StandardStreams.OpenError()) { AutoFlush = true });
        return Interlocked.CompareExchange(ref _error, opened, null) ?? opened;
    }

    internal void Flush() => Text.Flush();

    /// <summary>The first error that was told; null for none.</summary>
    internal string? FirstError { get; private set; }

    /// <summary>Whether nothing was written to standard output yet.</summary>
    internal bool IsUntouched => !StandardStreams.IsUsed(Stream);

    /// <summary>Tells an error, in one line.</summary>
    internal void Tell(string error)
    {
        FirstError ??= error;
        Error.WriteLine($"{Program}: {error}");
    }

    /// <summary>POSIX: the first of these that is set decides.</summary>
    private static bool SpeaksUtf8()
    {
        if (!OperatingSystem.IsLinux()) return true;
        foreach (string name in LocaleNames)
        {
            string? value = Environment.GetEnvironmentVariable(name);
            if (string.IsNullOrEmpty(value)) continue;
            return value.Contains("UTF-8", StringComparison.OrdinalIgnoreCase)
                || value.Contains("UTF8", StringComparison.OrdinalIgnoreCase);
        }

        return false;
    }
}
