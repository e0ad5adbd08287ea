using Concord.Cli.Files;
using Concord.Cli.Running;

namespace Concord.Cli.Locking;

/// <summary>Locks files, says so, and keeps them until this process is asked to end.</summary>
internal static class LockHolder
{
    /// <param name="run">The run.</param>
    /// <param name="selection">The files.</param>
    /// <param name="range">The bytes of each; the whole of it when null.</param>
    /// <param name="pidFile">Where to write this process's number; null for nowhere.</param>
    /// <param name="detach">What to do once all is locked, before the wait.</param>
    /// <returns>The exit code: to be asked to end is how this ends, and no failure.</returns>
    internal static int Hold(Run run, FileSelection selection, ByteRange? range, string? pidFile, Action? detach)
    {
        if (!Support.Check(run)) return ExitCode.Error;
        run.Interruption.Listen();
        using PidFile? pid = pidFile is null ? null : PidFile.Take(pidFile);
        using var set = new LockSet();
        set.Find(selection, range, run);
        if (!set.TryLock(run)) return run.Exit(isComplete: false);
        LockReport.Write(run, set);
        detach?.Invoke();
        run.Interruption.Token.WaitHandle.WaitOne();
        return ExitCode.Done;
    }
}
