namespace Concord.Cli.Running;

/// <summary>Whether the system's cache is supported here.</summary>
internal static class Support
{
    /// <summary>Returns whether it is; if not, reports what is missing, and what works all the same.</summary>
    internal static bool Check(Run run)
    {
        if (SystemFile.UnsupportedReason is not { } reason) return true;
        run.Output.Tell($"{reason}; 'concord cpu' works without it");
        return false;
    }
}
