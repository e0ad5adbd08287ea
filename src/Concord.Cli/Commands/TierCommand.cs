using System.CommandLine;
using System.Globalization;
using Concord.Cli.Json;
using Concord.Cli.Remote;
using Concord.Cli.Rendering;
using Concord.Cli.Running;
using Concord.Cli.Text;
using Concord.Stores;

namespace Concord.Cli.Commands;

/// <summary><c>concord tier</c>: what a tier on disk has, or its end.</summary>
internal static class TierCommand
{
    internal const string Name = "tier";

    internal const string ArgumentName = "ACTION";

    private const string Status = "status", Purge = "purge";

    internal static readonly IReadOnlyList<string> Actions = [Status, Purge];

    internal static Command Create(Output output)
    {
        var action = new Argument<string>(ArgumentName)
        {
            Description = "status shows what the tier has, also while a process uses it; purge drops all of it.",
            Arity = ArgumentArity.ExactlyOne,
        };
        action.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !Actions.Contains(token.Value))
                result.AddError($"'{token.Value}' is none of {string.Join(", ", Actions)}");
        });
        var directory = new Argument<string>("DIR")
        {
            Description = "The directory that --tier named.",
            Arity = ArgumentArity.ExactlyOne,
        };
        Option<string> quiet = Parts.Quiet(), json = Parts.Json();
        var command = new Command(Name, "Show what a tier on disk has of files behind addresses, or drop it.")
        {
            action, directory, quiet, json,
        };
        command.RefuseBoth(quiet, json);
        command.SetAction(parse =>
        {
            using var run = new Run(output, parse.Has(json), parse.Has(quiet));
            return Execute(run, parse.GetValue(action)!, parse.GetValue(directory)!);
        });
        return command;
    }

    private static int Execute(Run run, string action, string directory)
    {
        if (TierFiles.Look(directory) is not { } found)
            throw new IOException($"{directory}: there is no tier; 'concord load --tier DIR ADDRESS' makes one");
        TierDocument document = Describe(action, directory, found.Slots, found.Records) with
        {
            UsedByProcess = found.Process,
        };
        if (action == Purge)
        {
            using (DiskTier tier = new RemoteTerms(directory).OpenTier()!) tier.Clear();
            document = document with { HeldBytes = 0, Files = [], BytesDropped = document.HeldBytes };
        }

        if (run.IsJson) JsonReport.WriteDocument(run.Output, document, JsonShapes.Default.TierDocument);
        else if (!run.IsQuiet) Write(run.Output.Text, document);
        return ExitCode.Done;
    }

    private static TierDocument Describe(
        string action, string directory, long slots, IReadOnlyList<TierRecord> records)
    {
        TierFile[] files =
        [
            .. records.GroupBy(static record => record.Key)
                .Select(static group => new TierFile(
                    group.First().Name,
                    group.Sum(static record => (long)int.PopCount(record.Pages) * TierGeometry.PageBytes),
                    group.LongCount()))
                .OrderByDescending(static file => file.HeldBytes)
                .ThenBy(static file => file.Path, StringComparer.Ordinal)
        ];
        return new TierDocument(
            action, PathText.InDocument(directory), slots * TierGeometry.BlockBytes,
            files.Sum(static file => file.HeldBytes), files);
    }

    private static void Write(TextWriter writer, TierDocument document)
    {
        string directory = PathText.Show(document.Directory);
        if (document.BytesDropped is { } dropped)
        {
            writer.WriteLine($"purged {directory}: {SizeText.Format(dropped)} dropped, none left");
            return;
        }

        string used = document.UsedByProcess switch
        {
            null => "not in use",
            0 => "in use",
            { } process => $"used by process {process.ToString(CultureInfo.InvariantCulture)}",
        };
        writer.WriteLine(
            $"{directory}: {SizeText.Format(document.HeldBytes)} of {SizeText.Format(document.CapacityBytes)}, {used}");
        if (document.Files.Count == 0) return;
        var table = new PlainTable("PATH", ">IN TIER", ">BLOCKS");
        foreach (TierFile file in document.Files)
            table.Add(PathText.Show(file.Path), SizeText.Format(file.HeldBytes), CountText.Format(file.Blocks));
        table.Write(writer);
    }
}
