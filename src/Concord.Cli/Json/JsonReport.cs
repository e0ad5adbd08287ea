using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Concord.Cli.Running;

namespace Concord.Cli.Json;

/// <summary>
/// The document of a command on files: <c>{ command, files: [...], totals, errors, interrupted, exitCode }</c>. Files
/// are written as they come, so memory does not grow with them.
/// </summary>
internal sealed class JsonReport
{
    /// <summary>The output is flushed when this much is pending.</summary>
    private const int PendingBytesMax = 64 * 1024;

    private readonly Utf8JsonWriter _writer;

    internal JsonReport(Output output, string command)
    {
        _writer = Open(output);
        _writer.WriteStartObject();
        _writer.WriteString("command"u8, command);
        _writer.WriteStartArray("files"u8);
    }

    /// <summary>A writer on standard output, indented, with names of files left readable.</summary>
    internal static Utf8JsonWriter Open(Output output) => new(output.Stream, new JsonWriterOptions
    {
        Indented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>Writes a document on one line, one of many.</summary>
    internal static void WriteLine<T>(Output output, T document, JsonTypeInfo<T> shape)
    {
        var options = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var writer = new Utf8JsonWriter(output.Stream, options))
            JsonSerializer.Serialize(writer, document, shape);
        EndLine(output);
    }

    /// <summary>Writes a whole document.</summary>
    internal static void WriteDocument<T>(Output output, T document, JsonTypeInfo<T> shape)
    {
        using (Utf8JsonWriter writer = Open(output)) JsonSerializer.Serialize(writer, document, shape);
        EndLine(output);
    }

    internal void AddFile<T>(T file, JsonTypeInfo<T> shape)
    {
        JsonSerializer.Serialize(_writer, file, shape);
        if (_writer.BytesPending > PendingBytesMax) _writer.Flush();
    }

    internal void Finish<T>(Output output, T totals, JsonTypeInfo<T> shape, Run run, int exitCode)
    {
        _writer.WriteEndArray();
        _writer.WritePropertyName("totals"u8);
        JsonSerializer.Serialize(_writer, totals, shape);
        WriteErrors(run.Failures);
        _writer.WriteBoolean("interrupted"u8, run.Interruption.IsRequested);
        _writer.WriteNumber("exitCode"u8, exitCode);
        _writer.WriteEndObject();
        _writer.Dispose();
        EndLine(output);
    }

    private static void EndLine(Output output) => output.Stream.Write("\n"u8);

    private void WriteErrors(Failures failures)
    {
        _writer.WriteNumber("errorCount"u8, failures.Count);
        _writer.WriteStartArray("errors"u8);
        foreach (Failure failure in failures.Kept)
            JsonSerializer.Serialize(_writer, failure, JsonShapes.Default.Failure);
        _writer.WriteEndArray();
    }
}
