using System.Runtime.InteropServices;

namespace Concord.Cli.Running;

/// <summary>
/// Ctrl-C, and a request to end: the command stops at the next place where nothing is half done, says what was done
/// so far, and takes its temporary files away.
/// </summary>
internal sealed class Interruption(Output output) : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private PosixSignalRegistration? _interrupt;
    private PosixSignalRegistration? _terminate;
    private PosixSignalRegistration? _hangUp;

    internal CancellationToken Token => _source.Token;

    internal bool IsRequested => _source.IsCancellationRequested;

    /// <summary>Listens from now on. Before that the system's own answer, to end at once, is the right one.</summary>
    internal void Listen()
    {
        _interrupt ??= PosixSignalRegistration.Create(PosixSignal.SIGINT, Request);
        _terminate ??= PosixSignalRegistration.Create(PosixSignal.SIGTERM, Request);
        _hangUp ??= PosixSignalRegistration.Create(PosixSignal.SIGHUP, Request);
    }

    public void Dispose()
    {
        _interrupt?.Dispose();
        _terminate?.Dispose();
        _hangUp?.Dispose();
        _source.Dispose();
    }

    private void Request(PosixSignalContext context)
    {
        context.Cancel = true;
        if (IsRequested) return;
        _source.Cancel();
        output.Error.WriteLine("concord: stopping");
    }
}
