using Concord.Cli.Processor;

namespace Concord.Cli.Demonstration;

/// <summary>Shows the demonstration step by step; this one shows nothing.</summary>
internal class DemonstrationView
{
    internal static readonly DemonstrationView Silent = new();

    /// <summary>Called where the system's cache is not supported.</summary>
    internal virtual void NoSystemHalf(string reason)
    {
    }

    /// <summary>Called when the file is made and mapped.</summary>
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

    /// <summary>Called where lines of the processor's cache cannot be flushed.</summary>
    internal virtual void NoProcessorHalf(string reason)
    {
    }

    internal virtual void ShowProcessorHalf(ReloadTimes reload, string instruction)
    {
    }
}
