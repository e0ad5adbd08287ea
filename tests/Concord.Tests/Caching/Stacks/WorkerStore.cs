using System.Collections.Concurrent;

namespace Concord.Tests.Caching.Stacks;

/// <summary>
/// A stacked store whose calls are done by a thread of its own, one after the other, and nothing of the caller's
/// context goes along: nobody sees whose calls they are.
/// </summary>
/// <param name="below">The file; closed with the store.</param>
/// <param name="declares">Whether it names the file.</param>
internal sealed class WorkerStore(CachedFile below, bool declares) : BackingStore
{
    private readonly StackedStore _store = new(below);
    private readonly Worker _worker = new();

    public override IReadOnlyCollection<ICoherentFile> FilesBelow => declares ? [below] : base.FilesBelow;

    public override long GetLength() => _worker.Do(_store.GetLength);

    public override int Read(long offset, Memory<byte> destination) =>
        _worker.Do(() => _store.Read(offset, destination));

    public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces) =>
        _worker.Do(() => _store.Write(offset, pieces));

    public override void Barrier() => _worker.Do(_store.Barrier);

    public override void SetLength(long length) => _worker.Do(() => _store.SetLength(length));

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _store.Dispose();
        _worker.Dispose();
    }

    /// <summary>One thread without anybody's context, and what it has to do.</summary>
    internal sealed class Worker : IDisposable
    {
        private readonly BlockingCollection<Action> _work = [];

        internal Worker() => new Thread(() =>
        {
            foreach (var work in _work.GetConsumingEnumerable()) work();
        })
        { IsBackground = true }.UnsafeStart();

        /// <summary>Has something done, and waits for it.</summary>
        internal T Do<T>(Func<T> work)
        {
            var done = new TaskCompletionSource<T>();
            _work.Add(() =>
            {
                try
                {
                    done.SetResult(work());
                }
                catch (Exception error)
                {
                    done.SetException(error);
                }
            });
            return done.Task.GetAwaiter().GetResult();
        }

        internal void Do(Action work) => Do(() =>
        {
            work();
            return true;
        });

        public void Dispose() => _work.CompleteAdding();
    }
}
