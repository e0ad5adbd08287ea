namespace Concord.Cli.Running;

/// <summary>One run of a command: where it writes, what interrupts it, and what failed in it.</summary>
internal sealed class Run : IDisposable
{
    internal Run(Output output, bool json, bool quiet = false)
    {
        Output = output;
        IsJson = json;
        IsQuiet = quiet;
        Failures = new Failures(output, keep: json);
        Interruption = new Interruption(output);
    }

    internal Output Output { get; }

    /// <summary>Whether one JSON document is wanted in place of text.</summary>
    internal bool IsJson { get; }

    /// <summary>Whether nothing is wanted on standard output: the exit code and the errors tell.</summary>
    internal bool IsQuiet { get; }

    internal Failures Failures { get; }

    internal Interruption Interruption { get; }

    /// <summary>The exit code: an error counts more than pages that stayed.</summary>
    /// <param name="isComplete">Whether nothing stayed and nothing is unknown.</param>
    internal int Exit(bool isComplete)
    {
        if (Interruption.IsRequested) return Interruption.ExitCode;
        if (Failures.Count > 0) return ExitCode.Error;
        return isComplete ? ExitCode.Done : ExitCode.Incomplete;
    }

    public void Dispose() => Interruption.Dispose();
}
