namespace Concord.Cli.Running;

/// <summary>What the program tells its caller.</summary>
internal static class ExitCode
{
    /// <summary>Everything asked for was done, and is known.</summary>
    internal const int Done = 0;

    /// <summary>Something stayed in the cache, or a figure cannot be known.</summary>
    internal const int Incomplete = 1;

    /// <summary>Something failed, or was asked for wrongly.</summary>
    internal const int Error = 2;

    /// <summary>128 and the number of the signal, as shells have it: SIGHUP, SIGINT, SIGTERM.</summary>
    internal const int HungUp = 129, Interrupted = 130, Terminated = 143;

    /// <summary>128 and the number of SIGPIPE: nobody read the rest.</summary>
    internal const int ReaderGone = 141;
}
