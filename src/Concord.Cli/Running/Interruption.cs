using System.Runtime.InteropServices;
using Concord.Cli.Interop;
using Concord.Measuring.Files;

namespace Concord.Cli.Running;

/// <summary>
/// Ctrl-C, and other requests to end: the command stops at the next place where nothing is half done, says what was
/// done so far, and takes its temporary files away. A second request ends it at once, wherever it is: the first may
/// wait for a call of the system that does not come back.
/// </summary>
internal sealed class Interruption(Output output) : IDisposable
{
    private static readonly PosixSignal[] Signals = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP];

    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _exitCode;

    internal CancellationToken Token => _source.Token;

    internal bool IsRequested => _source.IsCancellationRequested;

    /// <summary>The exit code of a command that was stopped.</summary>
    internal int ExitCode => Volatile.Read(ref _exitCode);

    /// <summary>
    /// Handles requests from now on. Before that the system ends the process at once, which is right then.
    /// </summary>
    internal void Listen()
    {
        if (_registrations.Count > 0) return;
        foreach (PosixSignal signal in Signals)
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, Request));
        }
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
        _source.Dispose();
    }

    private void Request(PosixSignalContext context)
    {
        context.Cancel = true;
        int code = CodeOf(context.Signal);
        if (Interlocked.CompareExchange(ref _exitCode, code, 0) != 0)
        {
            foreach (string stayed in TemporaryFolder.RemoveAll()) output.Error.WriteLine($"concord: {stayed}");
            HostLimits.EndNow(code);
            return;
        }

        _source.Cancel();
        output.Error.WriteLine("concord: stopping");
    }

    private static int CodeOf(PosixSignal signal) => signal switch
    {
        PosixSignal.SIGTERM => Running.ExitCode.Terminated,
        PosixSignal.SIGHUP => Running.ExitCode.HungUp,
        _ => Running.ExitCode.Interrupted,
    };
}
