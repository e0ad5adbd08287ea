using System.Collections.Concurrent;
using Concord.Tests.Caching;

namespace Concord.Tests.Stores;

/// <summary>
/// A program whose pool has few threads, all of which call a cache over a store of asynchronous forms only.
/// </summary>
internal static class FullPoolChild
{
    internal const string Name = "full-pool";

    private const int Turns = 40, FilePages = 64;

    private static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(40);

    internal static int Run(string[] args)
    {
        int threads = Math.Max(4, Environment.ProcessorCount);
        ThreadPool.SetMinThreads(threads, threads);
        ThreadPool.SetMaxThreads(threads, threads);
        using var store = new AsynchronousStore(yields: args[0] == "yields");
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 32 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
        using var file = cache.Open(store, leaveOpen: true);
        using var ready = new Barrier(threads);
        using var ended = new CountdownEvent(threads);
        var places = new string[threads];
        for (int thread = 0; thread < threads; thread++)
        {
            int mine = thread;
            ThreadPool.UnsafeQueueUserWorkItem(
                _ =>
                {
                    // All threads are here: nobody else can run anything from now on.
                    ready.SignalAndWait();
                    Call(file, mine, isMixed: args[1] == "mixed", places);
                    ended.Signal();
                },
                null);
        }

        if (!ended.Wait(HangLimit))
        {
            // Nobody comes to an end any more, and so nothing can be disposed.
            Console.WriteLine($"hangs: {string.Join("; ", places)}");
            Environment.Exit(1);
        }

        file.FlushAndPurge();
        Console.WriteLine("done");
        return 0;
    }

    private static void Call(CachedFile file, int thread, bool isMixed, string[] places)
    {
        var random = new Random(thread);
        byte[] bytes = new byte[Pages.Bytes];
        for (int turn = 0; turn < Turns; turn++)
        {
            long offset = random.Next(FilePages - 1) * Pages.Bytes + 100;
            bool isAsync = isMixed && turn % 2 == 0;
            places[thread] =
                $"turn {turn}, call {turn % 3} at page {offset / Pages.Bytes}{(isAsync ? ", asynchronous" : "")}";
            switch (turn % 3)
            {
                case 0 when isAsync: file.ReadAsync(offset, bytes).AsTask().Wait(); break;
                case 0: file.Read(offset, bytes); break;
                case 1 when isAsync: file.WriteAsync(offset, bytes).AsTask().Wait(); break;
                case 1: file.Write(offset, bytes); break;
                default: file.FlushAndPurge(new ByteRange(offset, Pages.Bytes)); break;
            }
        }
    }

    /// <summary>
    /// Ends its calls on the thread that goes on after a yield, or on one of its own, where nothing else may run.
    /// </summary>
    private sealed class AsynchronousStore : BackingStore
    {
        private readonly MemoryStore _bytes = new(new byte[FilePages * Pages.Bytes]);
        private readonly BlockingCollection<Action> _work = [];
        private readonly bool _yields;

        internal AsynchronousStore(bool yields)
        {
            _yields = yields;
            var thread = new Thread(() =>
            {
                foreach (var work in _work.GetConsumingEnumerable()) work();
            });
            thread.IsBackground = true;
            thread.Start();
        }

        public override ValueTask<long> GetLengthAsync(CancellationToken cancellationToken) =>
            new(EndAsync(() => _bytes.GetLength()));

        public override ValueTask<int> ReadAsync(
            long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
            new(EndAsync(() => _bytes.Read(offset, destination)));

        public override ValueTask WriteAsync(
            long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken) =>
            new(EndAsync(() =>
            {
                _bytes.Write(offset, pieces);
                return 0;
            }));

        public override ValueTask BarrierAsync(CancellationToken cancellationToken) => new(EndAsync(static () => 0));

        private Task<T> EndAsync<T>(Func<T> call)
        {
            if (_yields) return EndAfterYieldAsync(call);
            var ended = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            _work.Add(() => ended.SetResult(call()));
            return ended.Task;
        }

        private static async Task<T> EndAfterYieldAsync<T>(Func<T> call)
        {
            await Task.Yield();
            return call();
        }
    }
}
