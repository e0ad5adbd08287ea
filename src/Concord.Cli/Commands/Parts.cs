using System.CommandLine;
using Concord.Cli.Text;

namespace Concord.Cli.Commands;

/// <summary>The arguments and options that commands have in common.</summary>
internal static class Parts
{
    internal static Argument<string[]> Files() => new("FILE|DIR")
    {
        Description = "Files, and directories with everything in them.",
        Arity = ArgumentArity.OneOrMore,
    };

    internal static Option<string> Json() => Flag("--json", "Write one JSON document.");

    internal static Option<string> Follow() => Flag("--follow", "Follow symbolic links met inside directories.");

    /// <summary>An option without a value.</summary>
    /// <remarks>
    /// An option of <see langword="bool"/> would be code over a value type from another assembly, which has to be
    /// compiled while the program starts; this one is compiled beforehand.
    /// </remarks>
    internal static Option<string> Flag(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.Zero };

    internal static bool Has(this ParseResult parse, Option<string> flag) => parse.GetResult(flag) is not null;

    internal static Option<string> OwnBarrier() => Flag(
        "--fdatasync",
        "Make each file durable by a call of its own. Without this, where many files lie on ext4, XFS or Btrfs, one "
        + "call makes the whole file system durable, which also waits for what other programs write there.");

    /// <summary>A range of each file.</summary>
    internal static Option<string> Range()
    {
        var option = new Option<string>("--range")
        {
            Description = $"Only these bytes of each file: {RangeText.Form}.",
            HelpName = "OFFSET:LENGTH",
            Arity = ArgumentArity.ExactlyOne,
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !RangeText.TryParse(token.Value, out _, out string? fault))
            {
                result.AddError($"--range {fault}");
            }
        });
        return option;
    }
}
