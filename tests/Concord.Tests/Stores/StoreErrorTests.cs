using Concord.Tests.Caching;

namespace Concord.Tests.Stores;

/// <summary>Whatever a store throws is a failure of the store, told as one kind of error.</summary>
public sealed class StoreErrorTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>
    /// What stores throw: limits of time, answers of a service that they did not expect, themselves closed, and errors
    /// that cannot say their message.
    /// </summary>
    public static TheoryData<string> Errors =>
    [
        "cancelled", "task cancelled", "timeout", "invalid", "disposed", "argument", "rights", "memory", "null",
        "wordless", "wordless I/O", "null message",
    ];

    [Theory]
    [InlineData("Read")]
    [InlineData("Write")]
    [InlineData("Barrier")]
    public void What_a_store_says_is_shown_without_what_a_terminal_obeys(string call)
    {
        foreach (var error in (Exception[])[new IOException("a\u001b[2Jb"), new TimeoutException("a\u001b[2Jb")])
        {
            using var test = new CachedFixture(Pages.Of(1, 4));
            test.Store.Fails = made => made.Kind.ToString() == call ? error : null;
            var told = Assert.ThrowsAny<IOException>(() =>
            {
                test.File.Read(0, new byte[1]);
                test.File.Write(0, [2]);
                test.File.FlushAndPurge();
            });
            Assert.Contains(@"a\x1b[2Jb", told.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\u001b', told.Message);
        }
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task A_failed_read_is_an_IOException_in_either_form(string kind)
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        test.Store.Fails = call => call.Kind == StoreCallKind.Read ? Make(kind) : null;
        Require(Record.Exception(() => test.File.Read(0, new byte[10])), kind);
        Require(await Record.ExceptionAsync(async () => await test.File.ReadAsync(0, new byte[10], Token)), kind);
        Require(Record.Exception(() => test.File.ReadUncached(0, new byte[10])), kind);
        Require(await Record.ExceptionAsync(async () => await test.File.ReadUncachedAsync(0, new byte[10], Token)),
            kind);
        Require(Record.Exception(() => test.File.Write(5, new byte[10])), kind);
        Require(Record.Exception(() => test.File.Lease(Pages.Range(0))), kind);
        using var caller = new CancellationTokenSource();
        Require(await Record.ExceptionAsync(async () => await test.File.ReadAsync(0, new byte[10], caller.Token)),
            kind);
        test.Store.Fails = static _ => null;
        Assert.Equal(Pages.Of(1), Pages.Read(test.File, Pages.Range(0)));
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task A_failed_write_barrier_or_length_is_an_IOException_and_keeps_every_byte(string kind)
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        foreach (var failing in (StoreCallKind[])[StoreCallKind.Write, StoreCallKind.Barrier])
        {
            test.File.Write(0, Pages.Of(2));
            test.Store.Fails = call => call.Kind == failing ? Make(kind) : null;
            Assert.IsType<WriteBackException>(Record.Exception(() => test.File.FlushAndPurge()));
            Assert.IsType<WriteBackException>(await Record.ExceptionAsync(
                async () => await test.File.FlushAndPurgeAsync(Pages.Range(0, 8), cancellationToken: Token)));
            test.Store.Fails = static _ => null;
            Assert.True(test.File.FlushAndPurge().IsComplete);
            Assert.Equal(Pages.Of(2), test.Store.Content[..Pages.Bytes]);
        }

        test.Store.Fails = call => call.Kind is StoreCallKind.SetLength or StoreCallKind.Write ? Make(kind) : null;
        Require(Record.Exception(() => test.File.SetLength(10)), kind);
        Require(await Record.ExceptionAsync(async () => await test.File.SetLengthAsync(10, Token)), kind);
        Require(Record.Exception(() => test.File.WriteUncached(0, new byte[10])), kind);
        Require(await Record.ExceptionAsync(async () => await test.File.WriteUncachedAsync(0, new byte[10], Token)),
            kind);
        Assert.Equal(8 * Pages.Bytes, test.File.Length);
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public void A_file_that_fails_so_at_its_end_is_a_failed_file_with_all_its_pages(string kind)
    {
        var store = new ScriptedStore(Pages.Of(1, 8))
        {
            Fails = call => call.Kind == StoreCallKind.Write ? Make(kind) : null,
        };
        var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
        var file = cache.Open(store);
        file.Write(0, Pages.Of(2));
        file.Dispose();
        var failed = Assert.Single(cache.FailedFiles);
        Assert.IsAssignableFrom<IOException>(failed.Error);
        store.Fails = static _ => null;
        failed.Retry();
        Assert.Equal(Pages.Of(2), store.Content[..Pages.Bytes]);
        cache.Close();
    }

    [Fact]
    public async Task A_cancellation_that_the_caller_asked_for_is_one()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        using var caller = new CancellationTokenSource();
        test.Store.Before = _ => caller.Cancel();
        test.Store.Fails = static call => call.Kind == StoreCallKind.Read ? new TaskCanceledException() : null;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await test.File.ReadAsync(0, new byte[10], caller.Token));
    }

    [Fact]
    public async Task Who_waits_for_a_load_that_the_store_gave_up_hears_of_a_failure()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        var end = new TaskCompletionSource();
        test.Store.ReadsEnd = () => end.Task;
        var first = test.File.ReadAsync(0, new byte[10], Token).AsTask();
        var second = test.File.ReadAsync(5, new byte[10], Token).AsTask();
        end.SetException(new TaskCanceledException("the service did not answer in time"));
        Require(await Record.ExceptionAsync(() => first), "task cancelled");
        Require(await Record.ExceptionAsync(() => second), "task cancelled");
    }

    /// <summary>A store that lives in a file of a cache: what is told of that file does not hold of this one.</summary>
    [Fact]
    public void What_is_told_of_the_file_that_a_store_is_built_on_is_not_told_of_its_own()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        test.Store.Fails = static call => call.Kind == StoreCallKind.SetLength
            ? new PagesHeldException("a lease holds pages of the file below") : null;
        var error = Assert.IsType<IOException>(Record.Exception(() => test.File.SetLength(10)));
        Assert.IsType<PagesHeldException>(error.InnerException);
    }

    private static void Require(Exception? error, string kind)
    {
        var told = Assert.IsAssignableFrom<IOException>(error);
        Assert.True(Causes(told).Any(cause => cause.GetType() == Make(kind).GetType()),
            $"{told.GetType().Name} does not say what the store threw");
    }

    private static IEnumerable<Exception> Causes(Exception error)
    {
        for (Exception? cause = error; cause is not null; cause = cause.InnerException) yield return cause;
    }

    private static Exception Make(string kind) => kind switch
    {
        "cancelled" => new OperationCanceledException("the store's own"),
        "task cancelled" => new TaskCanceledException("the store's own"),
        "timeout" => new TimeoutException(),
        "invalid" => new InvalidOperationException(),
        "disposed" => new ObjectDisposedException("connection"),
        "argument" => new ArgumentOutOfRangeException(kind),
        "rights" => new UnauthorizedAccessException(),
        "memory" => new OutOfMemoryException(),
        "wordless" => new WordlessException(),
        "wordless I/O" => new WordlessIOException(),
        "null message" => new NullMessageException(),
        _ => new NullReferenceException(),
    };

    [Fact]
    public void A_store_that_throws_when_it_is_only_told_of_a_barrier_loses_nothing_and_is_named()
    {
        using var store = new LoudStore();
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
        using var file = cache.Open(store, leaveOpen: true);
        file.Write(0, Pages.Of(2));
        var error = Assert.Throws<WriteBackException>(() => file.FlushAndPurge());
        Assert.Contains("LoudStore failed", error.Message, StringComparison.Ordinal);
        byte[] got = new byte[Pages.Bytes];
        store.Bytes.Read(0, got);
        Assert.Equal(Pages.Of(2), got);
        Assert.True(file.FlushAndPurge().IsComplete);
    }

    [Fact]
    public void A_purge_has_the_store_forget_what_it_remembers_before_the_next_read()
    {
        using var store = new RememberingStore(Pages.Of(1, 4));
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
        using var file = cache.Open(store, leaveOpen: true);
        Assert.Equal(Pages.Of(1), Pages.Read(file, Pages.Range(1)));
        store.Bytes.Write(0, [Pages.Of(7, 6)]);
        Assert.True(file.FlushAndPurge(Pages.Range(1)).IsComplete);
        Assert.Equal(Pages.Of(7), Pages.Read(file, Pages.Range(1)));
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(6 * Pages.Bytes, file.Length);
        Assert.Equal(Pages.Of(7), Pages.Read(file, Pages.Range(5)));
    }

    private abstract class WrappedStore(byte[] content) : BackingStore
    {
        internal MemoryStore Bytes { get; } = new(content);

        public override long GetLength() => Bytes.GetLength();

        public override int Read(long offset, Memory<byte> destination) => Bytes.Read(offset, destination);

        public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces) =>
            Bytes.Write(offset, pieces);

        public override void Barrier() => Bytes.Barrier();

        public override void SetLength(long length) => Bytes.SetLength(length);
    }

    private sealed class LoudStore() : WrappedStore(Pages.Of(1, 4))
    {
        private bool _wasTold;

        public override void AnnounceBarrier(ByteRange range)
        {
            if (_wasTold) return;
            _wasTold = true;
            throw new TimeoutException();
        }
    }

    /// <summary>Fetches everything at the first read, and shows that until it is told to forget it.</summary>
    private sealed class RememberingStore(byte[] content) : WrappedStore(content)
    {
        private byte[]? _known;

        private byte[] Known
        {
            get
            {
                if (_known is not null) return _known;
                _known = new byte[Bytes.GetLength()];
                Bytes.Read(0, _known);
                return _known;
            }
        }

        public override long GetLength() => Known.Length;

        public override int Read(long offset, Memory<byte> destination)
        {
            int count = (int)Math.Clamp(Known.Length - offset, 0, destination.Length);
            if (count > 0) Known.AsSpan((int)offset, count).CopyTo(destination.Span);
            return count;
        }

        public override void Refresh() => _known = null;
    }

    internal sealed class WordlessException : Exception
    {
        public override string Message => throw new InvalidOperationException("planted");
    }

    private sealed class WordlessIOException : IOException
    {
        public override string Message => throw new InvalidOperationException("planted");
    }

    private sealed class NullMessageException : Exception
    {
        public override string Message => null!;
    }
}
