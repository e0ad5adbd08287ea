using System.CommandLine;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;
using Concord.Cli.Commands;
using Concord.Cli.Interop;
using Concord.Cli.Json;
using Concord.Cli.Running;
using Concord.Cli.Text;

namespace Concord.Cli;

/// <summary>The program: builds the command that was named, runs it, and reports an error in one line.</summary>
internal static class CommandLine
{
    private const string Program = "concord", Json = "--json";

    internal static int Run(string[] args)
    {
        StandardDescriptors.Fill();
        Output output = Output.Open();
        int exitCode = Run(args, output);
        if (exitCode is ExitCode.Done or ExitCode.Incomplete or ExitCode.ReaderGone) return exitCode;
        bool isDocumentMissing = output.IsUntouched && args.TakeWhile(static arg => arg != "--").Contains(Json);
        return isDocumentMissing ? WriteDocument(output, args, exitCode) : exitCode;
    }

    private static int Run(string[] args, Output output)
    {
        try
        {
            if (HostLimits.Refuse(RuntimeInformation.ProcessArchitecture) is { } refusal) return Fail(output, refusal);
            HostLimits.TakeFileSizeLimitAsError();
            int exitCode = Invoke(Arguments.Exact(args), output);
            output.Flush();
            return exitCode;
        }
        catch (ReaderGoneException)
        {
            return ExitCode.ReaderGone;
        }
        catch (Exception exception) when (Failures.IsExpected(exception))
        {
            return Fail(output, exception.Message);
        }
        catch (Exception exception)
        {
            // A bug of this program: also one line, with what a report of it needs.
            return Fail(output, $"unexpected {exception.GetType().Name}: {exception.Message} (please report this)");
        }
    }

    private static int Invoke(string[] args, Output output)
    {
        if (args is ["--version"])
        {
            output.Text.WriteLine(Version());
            return ExitCode.Done;
        }

        if (IsPlain(args) && CommandTable.Find(args[0]) is { } plain)
        {
            using var run = new Run(output, json: false);
            return plain(run, args[1..]);
        }

        // A path that begins with @ is a path, not a file of arguments.
        ParseResult parse = Build(args, output)
            .Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parse.Errors is [var error, ..] && parse.Action is not { Terminating: true, ClearsParseErrors: true })
        {
            output.Flush();
            return Fail(output, $"{OneLine(error)}; '{HelpFor(parse)}' shows what is possible");
        }

        if (UnknownOption(parse) is { } option)
        {
            return Fail(
                output,
                $"there is no option '{option}'; '{HelpFor(parse)}' shows them, and a file of that name goes after --");
        }

        return parse.Invoke(new InvocationConfiguration
        {
            Output = output.Text,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        });
    }

    /// <summary>
    /// Builds only the command that is named: the root with its help, version and completion, whose texts come from
    /// resources, costs half of the start of an empty program.
    /// </summary>
    private static Command Build(string[] args, Output output)
    {
        if (args is [var name, ..] && Array.TrueForAll(args, IsOrdinary)
            && CommandTable.Create(name, output) is { } command)
        {
            return new Command(Program) { command };
        }

        return CommandTable.CreateRoot(output);
    }

    /// <summary>
    /// Whether the line is a command and paths, without an option: then no parser is loaded, which saves a third of the
    /// start of an empty program.
    /// </summary>
    private static bool IsPlain(string[] args) =>
        args.Length >= 2 && Array.TrueForAll(args, arg => arg.Length > 0 && arg[0] != '-' && IsOrdinary(arg));

    /// <summary>Whether an argument is none of the root's: help, version, a directive.</summary>
    private static bool IsOrdinary(string arg) =>
        arg is not ("-h" or "--help" or "-?" or "/?" or "/h" or "--version") && !arg.StartsWith('[');

    /// <summary>
    /// An argument that looks like an option, which the parser took for a path because no option has that name.
    /// </summary>
    private static string? UnknownOption(ParseResult parse)
    {
        foreach (Token token in parse.Tokens)
        {
            if (token.Type == TokenType.DoubleDash) return null;
            if (token.Type == TokenType.Argument && token.Value is ['-', _, ..]) return token.Value;
        }

        return null;
    }

    internal static string Version()
    {
        Version? version = typeof(CommandLine).Assembly.GetName().Version;
        return version is null ? "unknown" : version.ToString(3);
    }

    private static string HelpFor(ParseResult parse) => parse.CommandResult.Command is RootCommand or { Name: Program }
        ? $"{Program} --help"
        : $"{Program} {parse.CommandResult.Command.Name} --help";

    private static string OneLine(ParseError error) => error.Message.TrimEnd('.');

    private static int Fail(Output output, string message)
    {
        output.Tell(PathText.Show(message));
        return ExitCode.Error;
    }

    /// <summary>Writes the document of a run that has none, because it failed or was stopped before.</summary>
    private static int WriteDocument(Output output, string[] args, int exitCode)
    {
        string command = args is [var name, ..] && CommandTable.Create(name, output) is { Hidden: false }
            ? name
            : Program;
        string error = output.FirstError
            ?? (exitCode == ExitCode.Error ? "it failed, and standard error says why" : "it was stopped");
        try
        {
            var document = new ErrorDocument(command, error, exitCode);
            JsonReport.WriteDocument(output, document, JsonShapes.Default.ErrorDocument);
            return exitCode;
        }
        catch (ReaderGoneException)
        {
            return ExitCode.ReaderGone;
        }
        catch (IOException exception)
        {
            return Fail(output, exception.Message);
        }
    }
}
