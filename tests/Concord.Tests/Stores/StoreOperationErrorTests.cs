using System.Buffers;
using System.IO.Pipelines;
using System.Reflection;
using Concord.Tests.Caching;
using Concord.Tests.Caching.Views;

namespace Concord.Tests.Stores;

/// <summary>
/// One rule for every operation: what a store throws arrives as an <see cref="IOException"/>, and is that exception or
/// one of its causes. A cancellation that the caller did not ask for is no exception from it.
/// </summary>
[Collection(SideBySide.Stores)]
public sealed class StoreOperationErrorTests
{
    private const string Read = "Read", Write = "Write", Barrier = "Barrier", SetLength = "SetLength",
        GetLength = "GetLength", Refresh = "Refresh";

    private static readonly ByteRange Some = new(0, 100);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The call of the store that fails, and what is done with the file then.</summary>
    private static readonly Dictionary<string, (string Fails, Func<Subject, Task> Do)> Operations = new()
    {
        ["FileOperations.Read"] = (Read, test => Now(() => test.File.Read(0, new byte[10]))),
        ["FileOperations.ReadAsync"] = (Read, test => Of(test.File.ReadAsync(0, new byte[10], Token))),
        ["FileOperations.Write"] = (Read, test => Now(() => test.File.Write(5, new byte[10]))),
        ["FileOperations.Write behind the end"] = (GetLength,
            test => Now(() => test.File.Write(test.File.Length + 5, new byte[10]))),
        ["FileOperations.Write of a handle that writes through"] = (Write,
            test => Now(() => test.Through.Write(0, Pages.Of(3)))),
        ["FileOperations.Write of a handle that writes through, and its barrier"] = (Barrier,
            test => Now(() => test.Through.Write(0, Pages.Of(3)))),
        ["FileOperations.WriteAsync"] = (Read, test => Of(test.File.WriteAsync(5, new byte[10], Token))),
        ["FileOperations.WriteAsync of a handle that writes through"] = (Write,
            test => Of(test.Through.WriteAsync(0, Pages.Of(3), Token))),
        ["FileOperations.TryWrite behind the end"] = (GetLength,
            test => Now(() => test.File.TryWrite(test.File.Length + 5, new byte[10]))),
        ["FileOperations.Lease"] = (Read, test => Now(() => test.File.Lease(Some))),
        ["FileOperations.LeaseAsync"] = (Read, test => Of(test.File.LeaseAsync(Some, cancellationToken: Token))),
        ["FileOperations.LeaseSequence"] = (Read, test => Now(() => test.File.LeaseSequence(Some))),
        ["FileOperations.LeaseSequenceAsync"] = (Read, test => Of(test.File.LeaseSequenceAsync(Some, Token))),
        ["FileOperations.ReadTo"] = (Read, test => Now(() => test.File.ReadTo(new ArrayBufferWriter<byte>(), 0, 10))),
        ["FileOperations.ReadToAsync"] = (Read,
            test => Of(test.File.ReadToAsync(new ArrayBufferWriter<byte>(), 0, 10, Token))),
        ["FileOperations.ReadToAsync into a pipe"] = (Read,
            test => Of(test.File.ReadToAsync(new Pipe().Writer, 0, 10, Token))),
        ["FileOperations.Load"] = (Read, test => Now(() => test.File.Load())),
        ["FileOperations.LoadAsync"] = (Read, test => Of(test.File.LoadAsync(Token))),
        ["FileOperations.Flush"] = (Write, test => Now(() => test.Dirty.Flush())),
        ["FileOperations.Flush, and its barrier"] = (Barrier, test => Now(() => test.Dirty.Flush(Some))),
        ["FileOperations.FlushAsync"] = (Write, test => Of(test.Dirty.FlushAsync(Token))),
        ["FileOperations.FlushAndPurge"] = (Write, test => Now(() => test.Dirty.FlushAndPurge())),
        ["FileOperations.FlushAndPurge, and its barrier"] = (Barrier, test => Now(() => test.Dirty.FlushAndPurge())),
        ["FileOperations.FlushAndPurge, and how long the store is"] = (GetLength,
            test => Now(() => test.Dirty.FlushAndPurge())),
        ["FileOperations.FlushAndPurge, and what the store remembers"] = (Refresh,
            test => Now(() => test.Dirty.FlushAndPurge())),
        ["FileOperations.FlushAndPurgeAsync"] = (Write,
            test => Of(test.Dirty.FlushAndPurgeAsync(cancellationToken: Token))),
        ["FileOperations.SetLength"] = (SetLength, test => Now(() => test.File.SetLength(10))),
        ["FileOperations.SetLength, longer"] = (SetLength, test => Now(() => test.File.SetLength(1 << 20))),
        ["FileOperations.SetLength, and how long the store is"] = (GetLength,
            test => Now(() => test.File.SetLength(10))),
        ["FileOperations.SetLengthAsync"] = (SetLength, test => Of(test.File.SetLengthAsync(10, Token))),
        ["FileOperations.SetLength of a handle that writes through"] = (Barrier,
            test => Now(() => test.Through.SetLength(10))),
        ["FileOperations.ReadUncached"] = (Read, test => Now(() => test.File.ReadUncached(0, new byte[10]))),
        ["FileOperations.ReadUncached of what is dirty"] = (Write,
            test => Now(() => test.Dirty.ReadUncached(0, new byte[10]))),
        ["FileOperations.ReadUncachedAsync"] = (Read, test => Of(test.File.ReadUncachedAsync(0, new byte[10], Token))),
        ["FileOperations.WriteUncached"] = (Write, test => Now(() => test.File.WriteUncached(0, new byte[10]))),
        ["FileOperations.WriteUncached behind the end"] = (GetLength,
            test => Now(() => test.File.WriteUncached(test.File.Length + 5, new byte[10]))),
        ["FileOperations.WriteUncached of a handle that writes through"] = (Barrier,
            test => Now(() => test.Through.WriteUncached(0, new byte[10]))),
        ["FileOperations.WriteUncachedAsync"] = (Write,
            test => Of(test.File.WriteUncachedAsync(0, new byte[10], Token))),
        ["FileOperations.MapView"] = (Read, test => Now(() =>
        {
            using var view = test.File.MapView(Some, ViewAccess.LeasedRead);
        })),
        ["FileOperations.MapViewAsync"] = (Read,
            async test => await (await test.File.MapViewAsync(Some, ViewAccess.LeasedRead, Token)).DisposeAsync()),
        ["MappedView.Prefault"] = (Read, test => WithView(test, view => Now(view.Prefault))),
        ["MappedView.PrefaultAsync"] = (Read, test => WithView(test, view => Of(view.PrefaultAsync(Token)))),
        ["MappedView.Read"] = (Read, test => WithView(test, view => Now(() => view.Read(0, new byte[10])))),
        ["MappedView.Write"] = (Read, test => WithView(test, view => Now(() => view.Write(5, new byte[10])))),
        ["MappedView.Lease"] = (Read, test => WithView(test, view => Now(() => view.Lease(Some).Dispose()))),
        ["CachedFile.Close"] = (Write, test => Now(test.Dirty.Close)),
        ["CachedFile.CloseAsync"] = (Barrier, test => Of(test.Dirty.CloseAsync(Token))),
        ["ExclusiveHold.Suspend"] = (Write, test => WithHold(test, hold => Now(() => hold.Suspend(Some)))),
        ["ExclusiveHold.SuspendAsync"] = (Barrier, test => WithHold(test, hold => Of(hold.SuspendAsync(Some, Token)))),
        ["SuspendedRange.Resume"] = (GetLength, test => WithHold(test, hold => Resumed(test, hold, range =>
            Now(range.Resume)))),
        ["SuspendedRange.ResumeAsync"] = (GetLength, test => WithHold(test, hold => Resumed(test, hold, range =>
            Of(range.ResumeAsync(Token))))),
        ["CachedFileStream.Read"] = (Read, test => Now(() => test.Stream.ReadExactly(new byte[10]))),
        ["CachedFileStream.ReadByte"] = (Read, test => Now(() => test.Stream.ReadByte())),
        ["CachedFileStream.ReadAsync"] = (Read, test => test.Stream.ReadAsync(new byte[10], 0, 10, Token)),
        ["CachedFileStream.BeginRead"] = (Read,
            test => Now(() => test.Stream.EndRead(test.Stream.BeginRead(new byte[10], 0, 10, null, null)))),
        ["CachedFileStream.Write"] = (Read, test => Now(() => test.Stream.Write(new byte[10], 0, 10))),
        ["CachedFileStream.WriteByte"] = (Read, test => Now(() => test.Stream.WriteByte(1))),
        ["CachedFileStream.WriteAsync"] = (Read, test => test.Stream.WriteAsync(new byte[10], 0, 10, Token)),
        ["CachedFileStream.BeginWrite"] = (Read,
            test => Now(() => test.Stream.EndWrite(test.Stream.BeginWrite(new byte[10], 0, 10, null, null)))),
        ["CachedFileStream.SetLength"] = (SetLength, test => Now(() => test.Stream.SetLength(10))),
        ["CachedFileStream.Flush"] = (Write, test => Now(test.DirtyStream.Flush)),
        ["CachedFileStream.Flush to the disk"] = (Barrier,
            test => Now(() => test.DirtyStream.Flush(flushToDisk: true))),
        ["CachedFileStream.FlushAsync"] = (Write, test => test.DirtyStream.FlushAsync(Token)),
        ["CachedFileStream.DisposeAsync"] = (Write, test => Of(test.OwningStream.DisposeAsync())),
        ["FileCache.Open"] = (GetLength, test => Now(() => test.Cache.Open(test.Another))),
        ["FileCache.OpenAsync"] = (GetLength, test => Of(test.Cache.OpenAsync(test.Another, cancellationToken: Token))),
        ["FileCache.Flush"] = (Write, test => Now(test.Cache.Flush)),
        ["FileCache.FlushAsync"] = (Barrier, test => Of(test.Cache.FlushAsync(Token))),
        ["FileCache.Close"] = (Write, test => Now(test.Cache.Close)),
        ["FileCache.CloseAsync"] = (Write, test => Of(test.Cache.CloseAsync(Token))),
    };

    /// <summary>Members that call no store, or that never throw what one throws.</summary>
    private static readonly string[] Silent =
    [
        "FileOperations.AsStream", "FileOperations.Query", "FileOperations.Discard", "FileOperations.DiscardAsync",
        "FileOperations.TryRead", "FileOperations.TryLease", "FileOperations.CanCut", "FileOperations.SetLog",
        "CachedFile.AcquireExclusive", "CachedFile.AcquireExclusiveAsync", "CachedFile.Dispose",
        "CachedFile.DisposeAsync", "ExclusiveHold.Dispose", "ExclusiveHold.DisposeAsync", "SuspendedRange.Dispose",
        "SuspendedRange.DisposeAsync", "MappedView.Advise", "MappedView.Dispose", "MappedView.DisposeAsync",
        "CachedFileStream.Seek", "CachedFileStream.EndRead", "CachedFileStream.EndWrite", "FileCache.Dispose",
        "FileCache.DisposeAsync", "FileCache.GetCurrentStatistics",
    ];

    public static TheoryData<string> Names => [.. Operations.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_a_store_throws_arrives_as_an_IOException_with_it_as_its_cause(string operation)
    {
        if (operation.StartsWith("MappedView", StringComparison.Ordinal))
        {
            // Says what is missing where there are no views.
            using (new ViewFixture(new byte[1]))
            {
            }
        }

        // A try that waits for nothing asks no store that does not answer at once: it is a no.
        bool mayWait = !operation.Contains("Try", StringComparison.Ordinal);
        foreach (bool isAsync in mayWait ? (bool[])[false, true] : [false])
        {
            foreach (Exception thrown in (Exception[])
                [new IOException("planted"), new TimeoutException("planted"), new OperationCanceledException("planted"),
                    new ObjectDisposedException("planted"), new NotSupportedException("planted")])
            {
                using var test = new Subject(isAsync);
                test.Prepare(operation);
                var (fails, work) = Operations[operation];
                test.Fail(fails, thrown);
                var error = await Record.ExceptionAsync(() => work(test));
                test.Fail("", thrown);
                var told = Assert.IsAssignableFrom<IOException>(error);
                Assert.True(Causes(told).Contains(thrown), $"{told} does not have {thrown.GetType().Name}");
                Assert.Contains("planted", told.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void No_public_member_is_forgotten()
    {
        string[] listed = [.. Operations.Keys.Select(static name => name.Split(' ', ',')[0]).Concat(Silent)];
        Type[] types =
        [
            typeof(FileOperations), typeof(CachedFile), typeof(ExclusiveHold), typeof(SuspendedRange),
            typeof(MappedView), typeof(CachedFileStream), typeof(FileCache),
        ];
        Assert.Empty(types.SelectMany(static type => type
                .GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                .Where(static method => !method.IsSpecialName).Select(method => $"{type.Name}.{method.Name}"))
            .Distinct().Except(listed));
    }

    private static IEnumerable<Exception> Causes(Exception error)
    {
        var open = new Queue<Exception>([error]);
        while (open.TryDequeue(out var next))
        {
            yield return next;
            if (next is AggregateException several)
            {
                foreach (var cause in several.InnerExceptions) open.Enqueue(cause);
            }
            else if (next.InnerException is { } cause)
            {
                open.Enqueue(cause);
            }
        }
    }

    private static Task Now(Action work)
    {
        work();
        return Task.CompletedTask;
    }

    private static Task Of(ValueTask call) => call.AsTask();

    private static Task Of<T>(ValueTask<T> call) => call.AsTask();

    private static async Task WithView(Subject test, Func<MappedView, Task> work)
    {
        using var view = test.Map();
        await work(view);
    }

    private static async Task WithHold(Subject test, Func<ExclusiveHold, Task> work)
    {
        using var hold = test.Dirty.AcquireExclusive();
        await work(hold);
    }

    private static async Task Resumed(Subject test, ExclusiveHold hold, Func<SuspendedRange, Task> work)
    {
        // Only the resuming is to fail.
        string fails = test.Fail("", null);
        using var range = hold.Suspend(Some);
        test.Fail(fails, null);
        await work(range);
    }

    /// <summary>A file over a store that fails the calls it is told to fail.</summary>
    private sealed class Subject : IDisposable
    {
        private readonly FailingStore _store;
        private CachedFile? _through;

        internal Subject(bool isAsync)
        {
            _store = new FailingStore(isAsync);
            Another = new FailingStore(isAsync);
            Cache = new FileCache(new FileCacheOptions
            {
                CapacityBytes = 64 * Pages.Bytes,
                LazyWriterInterval = TimeSpan.Zero,
            });
            File = Cache.Open(_store, FileShare.ReadWrite, leaveOpen: true);
            Stream = File.AsStream(leaveOpen: true);
            OwningStream = Cache.Open(_store, FileShare.ReadWrite, leaveOpen: true).AsStream();
            DirtyStream = File.AsStream(leaveOpen: true);
        }

        internal FileCache Cache { get; }

        internal CachedFile File { get; }

        internal FailingStore Another { get; }

        internal CachedFileStream Stream { get; }

        internal CachedFileStream DirtyStream { get; }

        internal CachedFileStream OwningStream { get; }

        /// <summary>The file, with a page that has to be written.</summary>
        internal CachedFile Dirty { get; private set; } = null!;

        /// <summary>A handle whose writes are durable when they return.</summary>
        internal CachedFile Through => _through ??= new CachedFile(
            File.Services, new HandleTerms(FileAccess.ReadWrite, FileShare.ReadWrite, FileOptions.WriteThrough));

        /// <summary>Makes a page dirty where the operation is on what is dirty, or everything is purged.</summary>
        internal void Prepare(string operation)
        {
            Dirty = File;
            if (Operations[operation].Fails is Read) return;
            DirtyStream.Write(Pages.Of(2));
        }

        internal MappedView Map()
        {
            string fails = Fail("", null);
            var view = File.MapView(new ByteRange(0, 4 * Pages.Bytes), ViewAccess.ReadWrite);
            Fail(fails, null);
            return view;
        }

        internal string Fail(string call, Exception? error)
        {
            (string before, _store.Fails, Another.Fails) = (_store.Fails, call, call);
            if (error is not null) (_store.Error, Another.Error) = (error, error);
            return before;
        }

        public void Dispose()
        {
            Fail("", null);
            Cache.Dispose();
        }
    }

    private sealed class FailingStore(bool isAsync) : BackingStore
    {
        private readonly MemoryStore _good = new(Pages.Of(1, 8));

        internal string Fails { get; set; } = "";

        internal Exception Error { get; set; } = new IOException();

        public override IReadOnlyCollection<ICoherentFile> FilesBelow => [];

        public override long GetLength() => Do(nameof(GetLength), () => _good.GetLength());

        public override ValueTask<long> GetLengthAsync(CancellationToken cancellationToken) =>
            DoAsync(GetLength);

        public override int Read(long offset, Memory<byte> destination) =>
            Do(nameof(Read), () => _good.Read(offset, destination));

        public override ValueTask<int> ReadAsync(
            long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
            DoAsync(() => Read(offset, destination));

        public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces) => Do(nameof(Write), () =>
        {
            _good.Write(offset, pieces);
            return 0;
        });

        public override async ValueTask WriteAsync(
            long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken) =>
            await DoAsync(() =>
            {
                Write(offset, pieces);
                return 0;
            });

        public override void Barrier() => Do(nameof(Barrier), static () => 0);

        public override void Refresh() => Do(nameof(Refresh), static () => 0);

        public override void SetLength(long length) => Do(nameof(SetLength), () =>
        {
            _good.SetLength(length);
            return 0;
        });

        private T Do<T>(string call, Func<T> work) => call == Fails ? throw Error : work();

        private async ValueTask<T> DoAsync<T>(Func<T> work)
        {
            if (isAsync) await Task.Yield();
            return work();
        }
    }
}
