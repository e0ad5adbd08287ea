using System.CommandLine;
using System.Globalization;
using Concord.Cli.Text;

namespace Concord.Cli.Commands;

/// <summary>The arguments and options that commands have in common.</summary>
internal static class Parts
{
    internal static Option<string> Json() => Flag("--json", "Write one JSON document.");

    internal static Option<string> Quiet() => Flag(
        "--quiet", "Write nothing to standard output: errors, and the exit code, tell.", "-q");

    /// <summary>Refuses both of two options that contradict each other.</summary>
    internal static void RefuseBoth(this Command command, Option<string> quiet, Option<string> json) =>
        command.Validators.Add(result =>
        {
            if (result.GetResult(quiet) is not null && result.GetResult(json) is not null)
                result.AddError("--quiet writes nothing, and --json a document; give one of them");
        });

    /// <summary>For commands that write into a file.</summary>
    internal static Option<string> Force() => Flag(
        "--force", "Replace the output file even if it holds something else. An input is never replaced.");

    /// <summary>An option without a value.</summary>
    /// <remarks>
    /// An option of <see langword="bool"/> would be code over a value type from another assembly, which has to be
    /// compiled while the program starts; this one is compiled beforehand.
    /// </remarks>
    internal static Option<string> Flag(string name, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, Arity = ArgumentArity.Zero };

    /// <summary>An option with a value that <paramref name="fault"/> finds nothing wrong with.</summary>
    /// <param name="name">The option.</param>
    /// <param name="value">What the help calls the value.</param>
    /// <param name="description">What the help says.</param>
    /// <param name="fault">What is wrong with a value, in one line with what would be right; null for nothing.</param>
    internal static Option<string> Value(
        string name, string value, string description, Func<string, string?>? fault = null)
    {
        var option = new Option<string>(name)
        {
            Description = description,
            HelpName = value,
            Arity = ArgumentArity.ExactlyOne,
        };
        if (fault is null) return option;
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && fault(token.Value) is { } wrong) result.AddError($"{name} {wrong}");
        });
        return option;
    }

    /// <summary>An option whose value is a size in bytes, 1 or more.</summary>
    internal static Option<string> Size(string name, string description) => Value(
        name, "SIZE", description, static text =>
            !SizeText.TryParse(text, out long bytes, out string? fault) ? fault
            : bytes == 0 ? $"'{text}' is nothing; write a size such as {SizeText.Examples}"
            : null);

    /// <summary>The size that was given, which was checked before; null for none.</summary>
    internal static long? GetSize(this ParseResult parse, Option<string> option) =>
        parse.GetValue(option) is { } text && SizeText.TryParse(text, out long bytes, out _) ? bytes : null;

    /// <summary>An option whose value is a whole number within limits.</summary>
    internal static Option<string> Number(string name, string value, string description, int min, int max) => Value(
        name, value, description, text => TryNumber(text, out int number) && number >= min && number <= max
            ? null
            : $"is a number from {min} to {max}, not '{text}'");

    /// <summary>The number that was given, which was checked before; null for none.</summary>
    internal static int? GetNumber(this ParseResult parse, Option<string> option) =>
        parse.GetValue(option) is { } text && TryNumber(text, out int number) ? number : null;

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    internal static bool Has(this ParseResult parse, Option<string> flag) => parse.GetResult(flag) is not null;

    internal static Option<string> OwnBarrier() => Flag(
        "--fdatasync",
        "Make each file durable by a call of its own. Without this, where many files lie on ext4, XFS or Btrfs, one "
        + "call makes the whole file system durable, which also waits for what other programs write there.");

    /// <summary>A range of each file.</summary>
    internal static Option<string> Range() => Value(
        "--range", "OFFSET:LENGTH", $"Only these bytes of each file: {RangeText.Form}.",
        static text => RangeText.TryParse(text, out _, out string? fault) ? null : fault);

    /// <summary>The range that was given, which was checked before; null for none.</summary>
    internal static ByteRange? GetRange(this ParseResult parse, Option<string> option) =>
        parse.GetValue(option) is { } text && RangeText.TryParse(text, out ByteRange range, out _) ? range : null;
}
