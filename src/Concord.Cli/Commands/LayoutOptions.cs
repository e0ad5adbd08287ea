using System.CommandLine;
using Concord.Cli.Status;

namespace Concord.Cli.Commands;

/// <summary>The options that say which figures of the status are shown, and in which order.</summary>
internal sealed class LayoutOptions
{
    private readonly Option<string> _columns = Parts.Value(
        "--columns", "NAMES", $"Show these columns, divided by commas: {StatusColumn.Names}.",
        static text => StatusLayout.TryColumns(text, out _, out string? fault) ? null : fault);

    private readonly Option<string> _sort = Parts.Value(
        "--sort", "COLUMN", "Sort by this column, the largest figures first; path by its letters.",
        static text => text != StatusColumn.WhereName && StatusColumn.Find(text) is not null
            ? null
            : $"cannot be '{text}'; sort by one of {StatusColumn.Names.Replace($", {StatusColumn.WhereName}", "")}");

    private readonly Option<string> _reverse = Parts.Flag("--reverse", "Turn the order of --sort round.");
    private readonly Option<string> _bytes = Parts.Flag("--bytes", "Show sizes in bytes.");

    private readonly Option<string> _noHeader = Parts.Flag("--no-header", "Leave out the names of the columns.");

    internal void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_columns, _sort, _reverse, _bytes, _noHeader]) command.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_reverse) is not null && result.GetResult(_sort) is null)
                result.AddError("--reverse turns the order of --sort round; give that too");
        });
    }

    internal StatusLayout Read(ParseResult parse) => new()
    {
        Asked = parse.GetValue(_columns) is { } names && StatusLayout.TryColumns(names, out var columns, out _)
            ? columns
            : null,
        SortedBy = parse.GetValue(_sort) is { } name ? StatusColumn.Find(name) : null,
        IsReversed = parse.Has(_reverse),
        InBytes = parse.Has(_bytes),
        HasHeads = !parse.Has(_noHeader),
    };
}
