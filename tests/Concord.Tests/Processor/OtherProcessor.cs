using Concord.Tests.Interop;

namespace Concord.Tests.Processor;

/// <summary>
/// A thread on another processor that does one thing after the other when told, and says when it is done. Both sides
/// wait on one word and give way, so that they also get on when something else wants the processors.
/// </summary>
internal sealed class OtherProcessor : IDisposable
{
    private readonly Thread _thread;
    private Action? _work;
    private Exception? _failure;
    private volatile int _turn;
    private volatile bool _isStopped;

    public OtherProcessor(int processor)
    {
        _thread = new Thread(() => Serve(processor)) { IsBackground = true, Name = $"processor {processor}" };
        _thread.Start();
    }

    /// <summary>Runs the work on the other processor and waits until it is done.</summary>
    public void Run(Action work)
    {
        _work = work;
        _turn = 1;
        Wait(0);
        if (_failure is not null) throw new InvalidOperationException("the other processor's work failed", _failure);
    }

    public void Dispose()
    {
        _isStopped = true;
        _turn = 1;
        _thread.Join();
    }

    private void Serve(int processor)
    {
        ProcessorAffinity.Pin(processor);
        for (Wait(1); !_isStopped; Wait(1))
        {
            try
            {
                _work!();
            }
            catch (Exception e)
            {
                _failure = e;
            }

            _turn = 0;
        }
    }

    private void Wait(int turn)
    {
        var spin = new SpinWait();
        while (_turn != turn)
        {
            if (spin.NextSpinWillYield) Thread.Yield();
            else spin.SpinOnce();
        }
    }
}
