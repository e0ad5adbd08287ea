using System.Text;
using Concord.Cli.Status;

namespace Concord.Cli.Manual;

/// <summary>Completion for bash.</summary>
internal static class BashCompletion
{
    internal static string Write(Definition definition)
    {
        string commands = Words(definition.Commands.Select(static command => command.Name));
        var text = new StringBuilder();
        text.Append($$"""
            # bash completion for concord; 'concord completion bash' writes it.
            _concord() {
                local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
                local command= options= ended= listed= i
                for ((i = 1; i < COMP_CWORD; i++)); do
                    case ${COMP_WORDS[i]} in
                        --) ended=1; break ;;
                        {{commands.Replace(' ', '|')}}) [[ $command ]] || command=${COMP_WORDS[i]} ;;
                    esac
                done
                [[ $current == *,* ]] && listed=${current%,*},
                COMPREPLY=()
                [[ $ended ]] || case $previous in

            """);
        AppendValues(text, definition);
        text.Append("    esac\n    case $command in\n");
        Append(text, "''", Names(definition.Options), commands);
        foreach (DefinedCommand command in definition.Commands)
            Append(
                text, command.Name, Names(definition.OptionsOf(command)), Words(command.Choices), command.TakesFiles);
        text.Append("""
                esac
                [[ $current == -* && ! $ended ]] && mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
            }
            complete -F _concord concord

            """);
        return text.ToString();
    }

    /// <summary>What follows an option with a value.</summary>
    private static void AppendValues(StringBuilder text, Definition definition)
    {
        DefinedOption[] options =
        [
            .. definition.Commands.SelectMany(static command => command.Options)
                .Where(static option => option.Value is not null).DistinctBy(static option => option.Names[0])
        ];
        Case(options.Where(static option => option.TakesFile), Files);
        string columns = Words(StatusColumn.Names.Split(", "));
        Case(options.Where(static option => option.TakesColumns), Listed(columns));
        Case(options.Where(static option => option.TakesColumn), Choices(columns));
        Case(options.Where(static option => !option.TakesFile && !option.TakesColumn && !option.TakesColumns), "");

        void Case(IEnumerable<DefinedOption> cases, string action)
        {
            string names = string.Join('|', cases.SelectMany(static option => option.Names));
            text.Append($"        {names}) {action}{(action.Length > 0 ? "; " : "")}return ;;\n");
        }
    }

    private static void Append(
        StringBuilder text, string command, string options, string choices, bool takesFiles = false)
    {
        string action = (takesFiles, choices.Length) switch
        {
            (true, > 0) => $"{Choices(choices, "; compgen -f -- \"$current\"")}",
            (true, _) => Files,
            (_, > 0) => Choices(choices),
            _ => "",
        };
        text.Append($"        {command})\n            options=\"{options}\"\n");
        if (action.Length > 0) text.Append($"            [[ $current != -* || $ended ]] && {{ {action}; }}\n");
        text.Append("            ;;\n");
    }

    private const string Files =
        "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$current\")";

    private static string Choices(string words, string more = "") =>
        $"mapfile -t COMPREPLY < <(compgen -W \"{words}\" -- \"$current\"{more})";

    /// <summary>The words that may stand behind what is typed already, up to its last comma.</summary>
    private static string Listed(string words) =>
        $"mapfile -t COMPREPLY < <(compgen -P \"$listed\" -W \"{words}\" -- \"${{current##*,}}\")";

    private static string Names(IEnumerable<DefinedOption> options) =>
        Words(options.SelectMany(static option => option.Names));

    private static string Words(IEnumerable<string> words) => string.Join(' ', words);
}
