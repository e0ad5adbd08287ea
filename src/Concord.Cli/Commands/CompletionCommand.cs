using System.CommandLine;
using Concord.Cli.Manual;
using Concord.Cli.Running;

namespace Concord.Cli.Commands;

/// <summary><c>concord completion</c>: what a shell reads to complete the command line.</summary>
internal static class CompletionCommand
{
    internal const string Name = "completion";

    internal const string ArgumentName = "SHELL";

    private const string Bash = "bash", Zsh = "zsh", Fish = "fish";

    internal static readonly IReadOnlyList<string> Shells = [Bash, Zsh, Fish];

    internal static Command Create(Output output)
    {
        var shell = new Argument<string>(ArgumentName)
        {
            Description = $"One of {string.Join(", ", Shells)}.",
            Arity = ArgumentArity.ExactlyOne,
        };
        shell.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !Shells.Contains(token.Value))
                result.AddError($"'{token.Value}' is none of the shells {string.Join(", ", Shells)}");
        });
        var command = new Command(Name, "Write what a shell reads to complete this program's command line.") { shell };
        command.SetAction(parse =>
        {
            Definition definition = Definition.Read(output);
            output.Text.Write(parse.GetValue(shell) switch
            {
                Zsh => ZshCompletion.Write(definition),
                Fish => FishCompletion.Write(definition),
                _ => BashCompletion.Write(definition),
            });
            return ExitCode.Done;
        });
        return command;
    }
}
