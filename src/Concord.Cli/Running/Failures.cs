using System.Text.Json.Serialization;
using Concord.Cli.Text;

namespace Concord.Cli.Running;

/// <summary>An error that concerned one path.</summary>
/// <param name="Path">The path, as documents have it; empty where the message names an option and its file.</param>
/// <param name="Message">What went wrong, on one line.</param>
internal sealed record Failure(string Path, string Message)
{
    /// <summary>The bytes of a path that is not UTF-8, to the base 64.</summary>
    [JsonPropertyOrder(1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PathBytes { get; init; }
}

/// <summary>
/// What failed. Each failure is one line on standard error at once, and does not stop the rest; for <c>--json</c>
/// they are kept for the document's end.
/// </summary>
/// <param name="output">Where to write.</param>
/// <param name="keep">Whether to keep them for a document.</param>
/// <param name="isSilent">Whether only to count them, because they were told before.</param>
internal sealed class Failures(Output output, bool keep, bool isSilent = false)
{
    /// <summary>The most failures kept for the document; further ones are counted.</summary>
    private const int KeptMax = 1000;

    private readonly List<Failure> _kept = [];
    private List<string>? _held;

    internal long Count { get; private set; }

    internal IReadOnlyList<Failure> Kept => _kept;

    /// <summary>Whether an exception comes from the file or the system, and not from a bug of this program.</summary>
    internal static bool IsExpected(Exception exception) =>
        exception is IOException and not Interop.ReaderGoneException
            or UnauthorizedAccessException or NotSupportedException or ArgumentException or OutOfMemoryException;

    internal void Add(string path, Exception exception) => Add(path, FirstLine(ErrorText.Of(exception)));

    /// <summary>Adds an error whose message names what it concerns.</summary>
    internal void Add(IOException exception)
    {
        string message = PathText.Show(FirstLine(exception.Message));
        Add(new Failure(Path: "", message), message);
    }

    internal void Add(string path, string message)
    {
        message = PathText.Show(message);
        var failure = new Failure(PathText.InDocument(path), message) { PathBytes = PathText.BytesInDocument(path) };
        Add(failure, $"{PathText.Name(path)}: {message}");
    }

    private void Add(Failure failure, string told)
    {
        Count++;
        if (isSilent) return;
        if (keep && _kept.Count < KeptMax) _kept.Add(failure);
        if (_held is null) output.Tell(told);
        else if (_held.Count < KeptMax) _held.Add(told);
    }

    /// <summary>
    /// Delays the lines while something is drawn on the terminal; they are written afterwards.
    /// </summary>
    internal IDisposable Hold()
    {
        _held = [];
        return new Held(this);
    }

    /// <summary>An error is one line, whatever it was raised with.</summary>
    private static string FirstLine(string message)
    {
        int end = message.AsSpan().IndexOfAny('\r', '\n');
        return end < 0 ? message : message[..end];
    }

    private sealed class Held(Failures failures) : IDisposable
    {
        public void Dispose() => failures.Release();
    }

    private void Release()
    {
        List<string> held = _held ?? [];
        _held = null;
        foreach (string told in held) output.Tell(told);
        if (Count > held.Count) output.Tell($"{CountText.Of(Count - held.Count, "error")} more");
    }
}
