using System.CommandLine;
using Concord.Cli.Commands;
using Concord.Cli.Running;

namespace Concord.Cli.Manual;

/// <summary>What the command line of this program is, read from the commands themselves.</summary>
/// <param name="Description">What the program does.</param>
/// <param name="Commands">Its commands, those for itself left out.</param>
/// <param name="Options">The options that stand without a command.</param>
internal sealed record Definition(
    string Description, IReadOnlyList<DefinedCommand> Commands, IReadOnlyList<DefinedOption> Options)
{
    internal const string Program = "concord";

    /// <summary>The options that a command knows: its own, and the help.</summary>
    internal IEnumerable<DefinedOption> OptionsOf(DefinedCommand command) =>
        [.. command.Options, .. Options.Where(static option => option.Names.Contains("--help"))];

    internal static Definition Read(Output output)
    {
        RootCommand root = CommandTable.CreateRoot(output);
        return new Definition(
            root.Description ?? "",
            [.. root.Subcommands.Where(static command => !command.Hidden).Select(DefinedCommand.Of)],
            [.. DefinedOption.Of(root.Options)]);
    }
}

/// <summary>A command.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it does.</param>
/// <param name="Arguments">Its arguments, as the usage line has them.</param>
/// <param name="Choices">The words that its first argument is one of; empty where that is a file.</param>
/// <param name="TakesFiles">Whether its other arguments are files.</param>
/// <param name="Options">Its options.</param>
internal sealed record DefinedCommand(
    string Name, string Description, string Arguments, IReadOnlyList<string> Choices, bool TakesFiles,
    IReadOnlyList<DefinedOption> Options)
{
    internal static DefinedCommand Of(Command command)
    {
        IReadOnlyList<string> choices = command.Arguments.FirstOrDefault()?.Name switch
        {
            CompletionCommand.ArgumentName => CompletionCommand.Shells,
            TierCommand.ArgumentName => TierCommand.Actions,
            _ => [],
        };
        return new DefinedCommand(
            command.Name, command.Description ?? "", string.Join(' ', command.Arguments.Select(Shown)), choices,
            TakesFiles: command.Arguments.Count > (choices.Count > 0 ? 1 : 0),
            [.. DefinedOption.Of(command.Options)]);
    }

    private static string Shown(Argument argument) => argument switch
    {
        { Arity.MaximumNumberOfValues: > 1 } => $"[{argument.Name}...]",
        { Arity.MinimumNumberOfValues: 0 } => $"[{argument.Name}]",
        _ => argument.Name,
    };
}

/// <summary>An option.</summary>
/// <param name="Names">Its names: the long one first.</param>
/// <param name="Value">What its value is called; null where it has none.</param>
/// <param name="Description">What it does.</param>
internal sealed record DefinedOption(IReadOnlyList<string> Names, string? Value, string Description)
{
    private static readonly string[] FileValues = ["LIST", "FILE", "DIR", "MAP.SVG", "CHART.SVG"];

    /// <summary>Whether its value is a file.</summary>
    internal bool TakesFile => Value is not null && FileValues.Contains(Value);

    /// <summary>Whether its value is the name of a column.</summary>
    internal bool TakesColumn => Value is "COLUMN";

    /// <summary>Whether its value is names of columns, divided by commas.</summary>
    internal bool TakesColumns => Value is "NAMES";

    internal static IEnumerable<DefinedOption> Of(IEnumerable<Option> options) =>
        from option in options
        where !option.Hidden
        let names = option.Aliases.Prepend(option.Name).Where(IsUsual).Distinct()
            .OrderByDescending(static name => name.StartsWith("--", StringComparison.Ordinal))
        select new DefinedOption(
            [.. names],
            option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool) ? option.HelpName : null,
            option.Description ?? "");

    /// <summary>The parser also knows names as they are usual elsewhere: /h, /?, -?.</summary>
    private static bool IsUsual(string name) => name.StartsWith('-') && name != "-?";
}
