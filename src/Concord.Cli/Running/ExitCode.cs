namespace Concord.Cli.Running;

/// <summary>The exit codes of the program.</summary>
internal static class ExitCode
{
    /// <summary>Everything was done, and every figure is known.</summary>
    internal const int Done = 0;

    /// <summary>Something stayed in the cache, or a figure cannot be known.</summary>
    internal const int Incomplete = 1;

    /// <summary>Something failed, or the command line is wrong.</summary>
    internal const int Error = 2;

    /// <summary>128 and the number of the signal, as shells have it: SIGHUP, SIGINT, SIGTERM.</summary>
    internal const int HungUp = 129, Interrupted = 130, Terminated = 143;

    /// <summary>128 and the number of SIGPIPE: the reader of the output has ended.</summary>
    internal const int ReaderGone = 141;
}
