using System.CommandLine;
using Concord.Cli.Files;

namespace Concord.Cli.Commands;

/// <summary>The argument and options that say which files a command treats.</summary>
internal sealed class SelectionOptions
{
    private readonly Argument<string[]> _files = new("FILE|DIR")
    {
        Description = "Files, and directories with everything in them.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string> _list = Parts.Value(
        "--files-from", "LIST", "Also take the paths in this file, one a line; - is standard input.");

    private readonly Option<string> _null = Parts.Flag(
        "--null", "A zero byte ends each path of the list, as find -print0 writes them.", "-0");

    private readonly Option<string> _process = Parts.Number(
        "--pid", "PROCESS", "Also take the files that this process maps or has open.", min: 1, max: int.MaxValue);

    private readonly Option<string[]> _include = Patterns(
        "--include",
        "Only files whose names match, such as '*.db'. A pattern with a slash is for paths: as they are shown, or "
            + "below the directory that is named. May be repeated.");

    private readonly Option<string[]> _exclude = Patterns(
        "--exclude", "Leave out files whose names match, and directories with all that is in them. May be repeated.");

    private readonly Option<string> _bytesMax = Parts.Size(
        "--max-file-size", "Leave out longer files, named ones too.");

    private readonly Option<string> _oneFileSystem = Parts.Flag(
        "--one-file-system", "Leave out what other file systems have, which are mounted inside directories.", "-x");

    private readonly Option<string> _follow = Parts.Flag("--follow", "Follow symbolic links met inside directories.");

    /// <summary>Adds them to a command, which then asks for at least one of its sources of paths.</summary>
    internal void AddTo(Command command)
    {
        command.Add(_files);
        foreach (Option option in (Option[])
            [_list, _null, _process, _include, _exclude, _bytesMax, _oneFileSystem, _follow])
        {
            command.Add(option);
        }

        command.Validators.Add(result =>
        {
            bool isNamed = result.GetResult(_files) is { Tokens.Count: > 0 };
            if (!isNamed && result.GetResult(_list) is null && result.GetResult(_process) is null)
                result.AddError("no file is named; name files or directories, or give --files-from or --pid");
            else if (result.GetResult(_null) is not null && result.GetResult(_list) is null)
                result.AddError("--null tells how --files-from is written; give that too");
        });
    }

    internal FileSelection Read(ParseResult parse) => new(parse.GetValue(_files) ?? [])
    {
        ListPath = parse.GetValue(_list),
        IsNullSeparated = parse.Has(_null),
        Process = parse.GetNumber(_process),
        Follow = parse.Has(_follow),
        StaysOnFileSystem = parse.Has(_oneFileSystem),
        Filter = new FileFilter(
            PatternsIn(parse, _include), PatternsIn(parse, _exclude), parse.GetSize(_bytesMax)),
    };

    private static Option<string[]> Patterns(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "PATTERN",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    private static NamePattern[] PatternsIn(ParseResult parse, Option<string[]> option) =>
        parse.GetValue(option) is { } patterns ? Array.ConvertAll(patterns, static text => new NamePattern(text)) : [];
}
