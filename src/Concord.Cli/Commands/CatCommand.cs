using System.CommandLine;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Concord.Cli.Actions;
using Concord.Cli.Files;
using Concord.Cli.Json;
using Concord.Cli.Remote;
using Concord.Cli.Rendering;
using Concord.Cli.Running;
using Concord.Cli.Text;

namespace Concord.Cli.Commands;

/// <summary><c>concord cat</c>: the bytes of a file, or of what is behind an address.</summary>
internal static class CatCommand
{
    internal const string Name = "cat";

    private const string OutputOption = "--output";

    internal static Command Create(Output output)
    {
        var file = new Argument<string>("FILE|URL")
        {
            Description = "A file, or an address that begins with https:// or http://.",
            Arity = ArgumentArity.ExactlyOne,
        };
        Option<string> range = Parts.Range();
        Option<string> target = Parts.Value(
            OutputOption, "FILE", "Write into this file, which appears when all bytes are there; without, to standard "
                + "output.");
        target.Aliases.Add("-o");
        Option<string> force = Parts.Force(), quiet = Parts.Quiet(), json = Parts.Json();
        var command = new Command(Name, "Write the bytes of a file, or of what is behind an address.")
        {
            file, range, target, force, quiet, json,
        };
        command.RefuseBoth(quiet, json);
        var remote = new RemoteOptions();
        remote.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(target) is null && (result.GetResult(json) ?? result.GetResult(quiet)) is not null)
                result.AddError("the bytes go to standard output, which --json and --quiet are about; give --output");
        });
        command.SetAction(parse =>
        {
            using var run = new Run(output, parse.Has(json), parse.Has(quiet));
            string path = parse.GetValue(file)!;
            OutputFile? into = parse.GetValue(target) is { } named
                ? OutputFile.Plan(
                    OutputOption, named, parse.Has(force), Addresses.IsOne(path) ? [] : [path], isPicture: false)
                : null;
            return Execute(run, path, parse.GetRange(range), into, remote.Read(parse));
        });
        return command;
    }

    private static int Execute(Run run, string path, ByteRange? range, OutputFile? target, RemoteTerms terms)
    {
        run.Interruption.Listen();
        try
        {
            using CatSource source = CatSource.Open(path, terms, run.Interruption.Token);
            ByteRange asked = new ByteRange(0, source.Length).Intersect(range ?? new ByteRange(0, long.MaxValue));
            if (target is null)
            {
                CopyAsync(source, asked, run.Output.Stream, run.Interruption.Token).GetAwaiter().GetResult();
                return ExitCode.Done;
            }

            long start = Stopwatch.GetTimestamp();
            var tally = new Tally();
            tally.Expect(asked.Length);
            ProgressView.Watch(run, tally, Name, () => Save(source, asked, target, tally, run.Interruption.Token));
            Report(run, source, new CatDocument(
                PathText.InDocument(source.Name), source.Length, PathText.InDocument(target.Path), asked.Length,
                Stopwatch.GetElapsedTime(start).TotalSeconds)
            {
                Version = source.Version,
                Range = AskedRange.Of(range, source.Length),
                BytesFromTier = source.Tier?.GetCurrentStatistics().BytesRead,
            });
            return ExitCode.Done;
        }
        catch (OperationCanceledException) when (run.Interruption.IsRequested)
        {
            return run.Interruption.ExitCode;
        }
        catch (OutputException error)
        {
            run.Failures.Add(new IOException(error.Message, error));
            return ExitCode.Error;
        }
        catch (Exception error) when (Failures.IsExpected(error))
        {
            string name = Addresses.Show(path);
            string said = ErrorText.Of(error);
            string message = said.StartsWith($"{name}: ", StringComparison.Ordinal) ? said[(name.Length + 2)..] : said;
            run.Failures.Add(name, message);
            return ExitCode.Error;
        }
    }

    private static async Task CopyAsync(
        CatSource source, ByteRange range, Stream target, CancellationToken interrupted) =>
        await PieceReader.ReadAsync(source.Store, range, piece =>
        {
            target.Write(piece.Span);
            return Task.CompletedTask;
        }, interrupted).ConfigureAwait(false);

    /// <summary>Copies into a file. An error of the file names it; one of the source is thrown as it is.</summary>
    private static void Save(
        CatSource source, ByteRange range, OutputFile target, Tally tally, CancellationToken interrupted)
    {
        ExceptionDispatchInfo? unread = null;
        try
        {
            target.Write(stream =>
            {
                bool isWriting = false;
                try
                {
                    PieceReader.ReadAsync(source.Store, range, async piece =>
                    {
                        isWriting = true;
                        await stream.WriteAsync(piece, interrupted).ConfigureAwait(false);
                        isWriting = false;
                        tally.CountBytes(piece.Length);
                    }, interrupted).GetAwaiter().GetResult();
                }
                catch (IOException error) when (!isWriting)
                {
                    unread = ExceptionDispatchInfo.Capture(error);
                    throw;
                }
            });
        }
        catch (IOException error)
        {
            unread?.Throw();
            throw new OutputException(error.Message, error);
        }

        tally.CountFile();
    }

    private static void Report(Run run, CatSource source, CatDocument document)
    {
        if (run.IsJson) JsonReport.WriteDocument(run.Output, document, JsonShapes.Default.CatDocument);
        if (run.IsJson || run.IsQuiet) return;
        string rate = document is { BytesWritten: > 0, Seconds: > 0 }
            ? $" at {SizeText.Format((long)(document.BytesWritten / document.Seconds))}/s"
            : "";
        string tier = document.BytesFromTier is { } bytes ? $", {SizeText.Format(bytes)} of it from the tier" : "";
        run.Output.Text.WriteLine(
            $"wrote {SizeText.Format(document.BytesWritten)} of {PathText.Show(source.Name)} to "
            + $"{PathText.Show(document.Output)}, in {CountText.Seconds(document.Seconds)}{rate}{tier}");
    }

    /// <summary>The output could not be written; the message names it.</summary>
    private sealed class OutputException(string message, Exception error) : Exception(message, error);
}
