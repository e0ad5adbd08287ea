using Concord.Cli.Files;

namespace Concord.Cli.Actions;

/// <summary>What came of one file: an outcome, or why there is none.</summary>
/// <param name="File">The file.</param>
/// <param name="Outcome">What was done; null if it failed.</param>
/// <param name="Error">What failed; null if nothing did.</param>
internal readonly record struct Treated(WalkedFile File, FileOutcome? Outcome, Exception? Error);
