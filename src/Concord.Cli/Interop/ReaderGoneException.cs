namespace Concord.Cli.Interop;

/// <summary>The output is not read any more: the program at the other end of the pipe has ended.</summary>
internal sealed class ReaderGoneException() : IOException("nobody reads the output any more");
