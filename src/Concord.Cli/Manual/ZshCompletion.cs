using System.Text;
using Concord.Cli.Status;

namespace Concord.Cli.Manual;

/// <summary>Completion for zsh.</summary>
internal static class ZshCompletion
{
    internal static string Write(Definition definition)
    {
        var text = new StringBuilder();
        text.Append("""
            #compdef concord
            # zsh completion for concord; 'concord completion zsh' writes it.
            _concord() {
              local state
              local -a commands=(

            """);
        foreach (DefinedCommand command in definition.Commands)
            text.Append($"    '{command.Name}:{Quoted(command.Description)}'\n");
        text.Append("  )\n  _arguments -C \\\n");
        AppendOptions(text, definition.Options, "    ");
        text.Append("""
                '1: :->command' '*:: :->arguments'
              case $state in
                command) _describe command commands ;;
                arguments)
                  case $words[1] in

            """);
        foreach (DefinedCommand command in definition.Commands)
        {
            text.Append($"        {command.Name})\n          _arguments \\\n");
            AppendOptions(text, definition.OptionsOf(command), "            ");
            text.Append($"            {Rest(command)}\n          ;;\n");
        }

        text.Append("""
                  esac
                  ;;
              esac
            }
            _concord "$@"

            """);
        return text.ToString();
    }

    private static void AppendOptions(StringBuilder text, IEnumerable<DefinedOption> options, string indent)
    {
        foreach (DefinedOption option in options)
        {
            foreach (string name in option.Names)
                text.Append($"{indent}'{Repeat(option)}{name}[{Quoted(option.Description)}]{Value(option)}' \\\n");
        }
    }

    /// <summary>What may be given again is offered again.</summary>
    private static string Repeat(DefinedOption option) => option.Value == "PATTERN" ? "*" : "";

    private static string Value(DefinedOption option) => option switch
    {
        { Value: null } => "",
        { TakesFile: true } => $":{option.Value}:_files",
        { TakesColumn: true } => $":{option.Value}:({StatusColumn.Names.Replace(",", "")})",
        { TakesColumns: true } => $":{option.Value}:_values -s , {option.Value} {StatusColumn.Names.Replace(",", "")}",
        _ => $":{Quoted(option.Value)}: ",
    };

    private static string Rest(DefinedCommand command) => command switch
    {
        { TakesFiles: true, Choices.Count: > 0 } =>
            $"'1:choice:({string.Join(' ', command.Choices)})' '*:file:_files'",
        { TakesFiles: true } => "'*:file:_files'",
        { Choices.Count: > 0 } => $"'1:choice:({string.Join(' ', command.Choices)})'",
        _ => "'*: : '",
    };

    private static string Quoted(string text) =>
        text.Replace("\\", "\\\\").Replace("[", "\\[").Replace("]", "\\]").Replace(":", "\\:").Replace("'", "'\\''");
}
