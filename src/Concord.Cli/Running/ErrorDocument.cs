namespace Concord.Cli.Running;

/// <summary>What <c>--json</c> writes in place of a command's document where there is none.</summary>
/// <param name="Command">The command; <c>concord</c> where none was named.</param>
/// <param name="Error">What went wrong, on one line.</param>
/// <param name="ExitCode">The exit code.</param>
internal sealed record ErrorDocument(string Command, string Error, int ExitCode);
