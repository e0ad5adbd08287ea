namespace Concord.Tests.Caching;

/// <summary>A thread that does one thing again and again until it is stopped; what it threw is thrown then.</summary>
internal sealed class Repeating : IDisposable
{
    private readonly Thread _thread;
    private volatile bool _isOver;
    private Exception? _failure;

    internal Repeating(Action step)
    {
        _thread = new Thread(() =>
        {
            try
            {
                while (!_isOver) step();
            }
            catch (Exception error)
            {
                _failure = error;
            }
        });
        _thread.Start();
    }

    /// <summary>Ends it, and fails if a step did.</summary>
    internal void Stop()
    {
        Dispose();
        Assert.Null(_failure);
    }

    public void Dispose()
    {
        _isOver = true;
        _thread.Join();
    }
}
