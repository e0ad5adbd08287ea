namespace Concord.Cli.Running;

/// <summary>Whether the system's cache can be asked here.</summary>
internal static class Support
{
    /// <summary>Says what is missing, and what works all the same, when it cannot.</summary>
    internal static bool Check(Run run)
    {
        if (SystemFile.UnsupportedReason is not { } reason) return true;
        run.Output.Error.WriteLine($"concord: {reason}; 'concord cpu' works without it");
        return false;
    }
}
