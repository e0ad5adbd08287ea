using Concord.Cli.Processor;

namespace Concord.Cli.Demonstration;

/// <summary>Shows the demonstration as it goes; this one shows nothing.</summary>
internal class DemonstrationView
{
    internal static readonly DemonstrationView Silent = new();

    /// <summary>The system's cache cannot be asked here.</summary>
    internal virtual void NoSystemHalf(string reason)
    {
    }

    /// <summary>The file is there and mapped.</summary>
    internal virtual void BeginSystemHalf(string directory, string fileSystem, long pages, int process)
    {
    }

    internal virtual void ShowSystemCalls(SystemCallStep step, long pages)
    {
    }

    internal virtual void ShowConcord(PurgeStep step, long pages, bool afterUnmap)
    {
    }

    internal virtual void ShowContents(bool unchanged)
    {
    }

    /// <summary>Lines of the processor's cache cannot be flushed here.</summary>
    internal virtual void NoProcessorHalf(string reason)
    {
    }

    internal virtual void ShowProcessorHalf(ReloadTimes reload, string instruction)
    {
    }
}
