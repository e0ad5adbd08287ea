using Concord.Caching;
using Concord.Scheduling;

namespace Concord.Tests.Caching;

/// <summary>
/// A file over a store of which calls do not return before they are let, and a clock that says that they have lasted
/// for long.
/// </summary>
internal sealed class HungStore : IDisposable
{
    /// <summary>Long enough to see that somebody waits.</summary>
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(30);

    private readonly ForwardClock _clock = new();
    private readonly List<Hang> _hangs = [];

    internal HungStore(byte[] content)
    {
        Store = new ScriptedStore(content)
        {
            Before = call =>
            {
                Hang[] all;
                lock (_hangs) all = [.. _hangs];
                foreach (var hang in all) hang.Meet(call);
            },
        };
        Cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 256 * Pages.Bytes,
            LazyWriterInterval = TimeSpan.Zero,
            TimeProvider = _clock,
        });
        File = Cache.Open(Store);
    }

    internal ScriptedStore Store { get; }

    internal FileCache Cache { get; }

    internal CachedFile File { get; }

    /// <summary>
    /// Makes a call, on a thread of its own, of which a call of the store hangs. Returns when it hangs.
    /// </summary>
    /// <param name="which">The call of the store: the first of these hangs.</param>
    /// <param name="call">The call.</param>
    /// <returns>Dispose it to let the store answer; that waits for the call, which succeeds.</returns>
    internal Hang Begin(Func<StoreCall, bool> which, Action call)
    {
        var hang = new Hang(which, call);
        lock (_hangs) _hangs.Add(hang);
        hang.Begin();
        return hang;
    }

    /// <summary>The same for a call that writes a page back, without the file's hold.</summary>
    internal Hang BeginToWrite(long page) => Begin(
        call => call.Kind == StoreCallKind.Write && call.Range.Overlaps(Pages.Range(page)), () => WriteBack(page));

    /// <summary>The same for a call that reads a page from the store, without the file's hold.</summary>
    internal Hang BeginToLoad(long page) => Begin(
        call => call.Kind == StoreCallKind.Read && call.Range.Overlaps(Pages.Range(page)),
        () => SyncCompletion.Result(File.Services.Paging.ReadAsync(
            page * Pages.Bytes, new byte[Pages.Bytes], CallMode.Blocking, CancellationToken.None)));

    /// <summary>Writes a page back, as the lazy writer does.</summary>
    internal void WriteBack(long page) => Assert.Null(SyncCompletion.Result(new FileWriteBack(File.State).WriteAsync(
        Pages.Range(page), CallMode.Blocking, CancellationToken.None, flushes: false)).Error);

    /// <summary>Has a call wait on a thread of its own, until it is told that the store does not answer.</summary>
    /// <param name="call">The call.</param>
    /// <param name="meanwhile">What happens while it waits.</param>
    /// <param name="name">The store's name; null for the file's own.</param>
    internal void AssertTold(Action call, Action? meanwhile = null, string? name = null)
    {
        Exception? told = null;
        var waiter = new Thread(() => told = Record.Exception(call));
        waiter.Start();
        bool hasEnded = waiter.Join(Short);
        Assert.False(hasEnded, $"it waits, and is not told {told}");
        meanwhile?.Invoke();
        Patience.Await(() =>
        {
            _clock.Ahead += TimeSpan.FromMinutes(11);
            return waiter.Join(Short);
        });
        Assert.StartsWith(
            $"a call of the store of {name ?? Store.Name}, or of its log, has not answered for 00:10:00",
            Assert.IsType<IOException>(told).Message, StringComparison.Ordinal);
    }

    /// <summary>Nobody has pages closed, and nothing is being written but what is said.</summary>
    internal void AssertNothingIsHeld(int writing = 0)
    {
        foreach (var extent in File.State.Extents.All)
        {
            Assert.Equal(0UL, extent.Closing);
            writing -= System.Numerics.BitOperations.PopCount(extent.Writing);
        }

        Assert.Equal(0, writing);
    }

    public void Dispose()
    {
        foreach (var hang in _hangs) hang.Dispose();
        CloseCache();
        Assert.Empty(Cache.FailedFiles);
    }

    /// <summary>
    /// Closes the cache, which takes no time unless pages were left claimed; then the clock goes on, so that the wait
    /// ends.
    /// </summary>
    private void CloseCache()
    {
        Exception? thrown = null;
        var closing = new Thread(() => thrown = Record.Exception(Cache.Dispose));
        closing.Start();
        Patience.Await(() =>
        {
            if (closing.Join(TimeSpan.FromSeconds(5))) return true;
            _clock.Ahead += TimeSpan.FromMinutes(11);
            return false;
        });
        Assert.Null(thrown);
    }

    /// <summary>A call of which one call of the store hangs.</summary>
    internal sealed class Hang : IDisposable
    {
        private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

        private readonly Func<StoreCall, bool> _which;
        private readonly Thread _thread;
        private readonly ManualResetEventSlim _hangs = new();
        private readonly ManualResetEventSlim _goOn = new();
        private int _met;
        private Exception? _error;

        internal Hang(Func<StoreCall, bool> which, Action call)
        {
            _which = which;
            _thread = new Thread(() => _error = Record.Exception(call));
        }

        internal void Begin()
        {
            _thread.Start();
            Assert.True(_hangs.Wait(Limit), $"no call of the store came; {_error}");
        }

        /// <summary>Does not return, if it is the call.</summary>
        internal void Meet(StoreCall call)
        {
            if (_which(call) && Interlocked.Exchange(ref _met, 1) == 0) Stay();
        }

        /// <summary>Does not return before the store is let.</summary>
        internal void Stay()
        {
            _hangs.Set();
            _goOn.Wait(Limit);
        }

        public void Dispose()
        {
            _goOn.Set();
            Assert.True(_thread.Join(Limit));
            Assert.Null(_error);
        }
    }
}
