using System.Text;
using Concord.Cli.Status;

namespace Concord.Cli.Manual;

/// <summary>Completion for fish.</summary>
internal static class FishCompletion
{
    private const string Start = "complete -c concord";

    internal static string Write(Definition definition)
    {
        var text = new StringBuilder();
        text.Append("# fish completion for concord; 'concord completion fish' writes it.\n");
        foreach (DefinedOption option in definition.Options)
            text.Append($"{Start} -n __fish_use_subcommand{Names(option)} -d '{Quoted(option.Description)}'\n");
        foreach (DefinedCommand command in definition.Commands)
        {
            string seen = $"{Start} -n '__fish_seen_subcommand_from {command.Name}'";
            text.Append(
                $"{Start} -n __fish_use_subcommand -f -a {command.Name} -d '{Quoted(command.Description)}'\n");
            if (!command.TakesFiles) text.Append($"{seen} -f\n");
            foreach (string choice in command.Choices) text.Append($"{seen} -f -a {choice}\n");
            foreach (DefinedOption option in definition.OptionsOf(command))
                text.Append($"{seen}{Names(option)}{Value(option)} -d '{Quoted(option.Description)}'\n");
        }

        return text.ToString();
    }

    private static string Names(DefinedOption option) => string.Concat(option.Names.Select(static name =>
        name.StartsWith("--", StringComparison.Ordinal) ? $" -l {name[2..]}" : $" -s {name[1..]}"));

    private static string Value(DefinedOption option) => option switch
    {
        { Value: null } => "",
        { TakesFile: true } => " -r -F",
        { TakesColumn: true } => $" -x -a '{StatusColumn.Names.Replace(",", "")}'",
        { TakesColumns: true } =>
            $" -x -a '(__fish_complete_list , \"string split , {StatusColumn.Names.Replace(" ", "")}\")'",
        _ => " -x",
    };

    private static string Quoted(string text) => text.Replace("\\", "\\\\").Replace("'", "\\'");
}
