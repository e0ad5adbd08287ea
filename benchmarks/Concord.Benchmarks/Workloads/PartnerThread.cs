using Concord.Benchmarks.Harness;

namespace Concord.Benchmarks.Workloads;

/// <summary>
/// A second thread, on the second processor, that does half of the work. Between slices it sleeps; from
/// <see cref="GetReady"/> on it waits in a loop, so that the time measured holds no wake-up.
/// </summary>
internal sealed class PartnerThread : IDisposable
{
    private readonly Thread _thread;
    private readonly SemaphoreSlim _wake = new(0);
    private volatile bool _isReady;
    private volatile bool _isStopping;
    private volatile Action? _work;

    public PartnerThread()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "partner" };
        _thread.Start();
    }

    /// <summary>Whether this process may use two processors.</summary>
    public static bool IsPossible => PinnedThread.Processors.Length > 1;

    /// <summary>Wakes the thread and returns when it waits for work in its loop.</summary>
    public void GetReady()
    {
        _wake.Release();
        SpinWait.SpinUntil(() => _isReady);
    }

    /// <summary>Runs one half here and the other there, and returns when both are done.</summary>
    public void RunBoth(Action here, Action there)
    {
        _isReady = false;
        _work = there;
        here();
        while (_work is not null) Thread.SpinWait(1);
    }

    public void Dispose()
    {
        _isStopping = true;
        _wake.Release();
        _thread.Join();
        _wake.Dispose();
    }

    private void Run()
    {
        using PinnedThread pin = PinnedThread.ToProcessor(1);
        while (true)
        {
            _wake.Wait();
            if (_isStopping) return;
            _isReady = true;
            Action? work;
            while ((work = _work) is null) Thread.SpinWait(1);
            work();
            _work = null;
        }
    }
}
