using System.CommandLine;
using Concord.Cli.Remote;
using Concord.Cli.Text;
using Concord.Stores.Http;

namespace Concord.Cli.Commands;

/// <summary>The options for files behind addresses.</summary>
internal sealed class RemoteOptions
{
    private static readonly (string Word, HttpVersionCheck Check)[] Checks =
    [
        ("tag", HttpVersionCheck.StrongTag),
        ("time", HttpVersionCheck.LastModified),
        ("length", HttpVersionCheck.Length),
    ];

    private readonly Option<string> _tier = Parts.Value(
        "--tier", "DIR", "Keep what addresses were asked for in this directory, which later commands read it from.");

    private readonly Option<string> _tierSize = Parts.Size(
        "--tier-size",
        $"The most bytes of the tier; without, those that it has, or {SizeText.Format(RemoteTerms.TierBytesUsual)}.");

    private readonly Option<string> _check = Parts.Value(
        "--version-check", "CHECK",
        "How versions of a file behind an address are told apart: tag (strong entity tags; without), time or length.",
        static text => Array.Exists(Checks, check => check.Word == text)
            ? null
            : $"is tag, time or length, not '{text}'");

    /// <summary>Adds them to a command.</summary>
    internal void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_tier, _tierSize, _check]) command.Add(option);
        command.Validators.Add(result =>
        {
            bool hasTier = result.GetResult(_tier) is not null;
            if (result.GetResult(_tierSize) is not null && !hasTier)
                result.AddError("--tier-size is the size of a tier; give --tier too");
            else if (hasTier && result.GetResult(_check) is { Tokens: [{ Value: not "tag" }] })
                result.AddError("a tier is for versions that tags tell apart; leave out --tier or --version-check");
        });
    }

    internal RemoteTerms Read(ParseResult parse) => new(
        parse.GetValue(_tier), parse.GetSize(_tierSize),
        parse.GetValue(_check) is { } word ? Array.Find(Checks, check => check.Word == word).Check : default);
}
