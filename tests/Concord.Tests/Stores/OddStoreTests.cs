using System.Reflection;
using System.Runtime.CompilerServices;
using Concord.Tests.Caching;

namespace Concord.Tests.Stores;

/// <summary>
/// Everything that a program writes and the cache calls, throwing or saying nonsense: a failed file, or a refused
/// opening, told as an <see cref="IOException"/>, and no byte lost.
/// </summary>
public sealed class OddStoreTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Every member of a store that can be overridden.</summary>
    public static TheoryData<string> Members => [.. VirtualMembersOf(typeof(BackingStore))];

    [Fact]
    public void No_member_that_can_be_overridden_is_forgotten_here()
    {
        Assert.Empty(VirtualMembersOf(typeof(BackingStore)).Except(MembersOf(typeof(OddStore))));
        Assert.Empty(VirtualMembersOf(typeof(WriteAheadLog)).Except(MembersOf(typeof(OddLog))));
        Assert.Equal(["FlushTo", "FlushToAsync"], VirtualMembersOf(typeof(WriteAheadLog)).Order());
    }

    [Theory]
    [MemberData(nameof(Members))]
    public async Task A_member_that_throws_fails_its_file_and_no_more(string member)
    {
        foreach (Func<Exception> make in (Func<Exception>[])[static () => new InvalidCastException("odd"),
            static () => new OperationCanceledException("odd")])
        {
            using var cache = Make();
            var store = new OddStore { Odd = member, Error = make };
            CachedFile? file = null;
            await Require(() => file = cache.Open(store));
            store.Odd = null;
            file ??= cache.Open(store);
            store.Odd = member;
            byte[] bytes = new byte[100];
            await Require(() => file.Read(0, bytes));
            await Require(async () => await file.ReadAsync(2 * Pages.Bytes, bytes, Token));
            await Require(() => file.Write(10, [9]));
            await Require(async () => await file.WriteAsync(11, (byte[])[9], Token));
            await Require(() => file.Flush());
            await Require(async () => await file.FlushAndPurgeAsync(cancellationToken: Token));
            await Require(() => file.FlushAndPurge());
            await Require(() => file.SetLength(5 * Pages.Bytes));
            await Require(async () => await file.SetLengthAsync(6 * Pages.Bytes, Token));
            await Require(() => file.WriteUncached(20, (byte[])[9]));
            await Require(() => file.ReadUncached(20, bytes));
            await Require(() => file.Lease(Pages.Range(1)).Dispose());
            await Require(() => cache.Open(store, FileShare.ReadWrite, leaveOpen: true).Dispose());
            Assert.NotNull(file.Name);
            using (var good = cache.Open(new MemoryStore(Pages.Of(3))))
            {
                Assert.Equal(Pages.Of(3), Pages.Read(good, Pages.Range(0)));
            }

            // Mended, everything is as it should be.
            store.Odd = null;
            _ = await Record.ExceptionAsync(() => Task.Run(() => file.FlushAndPurge(), Token));
            file.Write(30, [7, 7]);
            Assert.True(file.FlushAndPurge().IsComplete);
            Assert.Equal([7, 7], store.Stored(30, 2));
            store.Odd = member;
            await Require(file.Close);
            store.Odd = null;
            cache.Close();
        }
    }

    [Theory]
    [InlineData("FlushTo", false)]
    [InlineData("FlushToAsync", true)]
    public async Task A_log_that_throws_keeps_the_pages_that_it_describes(string member, bool isAsync)
    {
        using var cache = Make();
        var store = new OddStore();
        using var file = cache.Open(store);
        var log = new OddLog { Odd = member };
        file.SetLog(log);
        using (var lease = file.Lease(Pages.Range(0), LeaseAccess.Write))
        {
            lease.SetLogSequence(1);
            lease.WritableSpan.Fill(4);
        }

        if (isAsync) await Require(async () => await file.FlushAsync(Token));
        else await Require(() => file.Flush());
        Assert.Equal([1], store.Stored(0, 1));
        log.Odd = null;
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal([4], store.Stored(0, 1));
    }

    [Fact]
    public void What_cannot_be_refuses_the_opening_and_a_store_without_a_name_has_its_type_s()
    {
        using var cache = Make();
        using (var nameless = cache.Open(new OddStore { Says = { ["Name"] = null } }))
        {
            Assert.Equal("OddStore", nameless.Name);
        }

        foreach (var (member, value) in new (string, object?)[]
        {
            ("Identity", null), ("MaxLength", -5L), ("FilesBelow", null), ("GetLength", -1L),
            ("MaxConcurrentRequests", 0), ("MaxRequestBytes", 0), ("BestRequestBytes", -1),
        })
        {
            var store = new OddStore { Says = { [member] = value } };
            var error = Assert.Throws<IOException>(() => cache.Open(store));
            Assert.Contains("odd store", error.Message, StringComparison.Ordinal);
            store.Says.Clear();
            cache.Open(store).Close();
        }
    }

    [Fact]
    public void What_a_store_says_of_itself_is_not_followed_when_it_changes()
    {
        using var cache = Make();
        var store = new OddStore();
        var file = cache.Open(store);
        store.Says["CanWrite"] = false;
        store.Says["Identity"] = new object();
        store.Says["MaxLength"] = 1L;
        store.Says["IsMemory"] = true;
        file.Write(0, [8]);
        Assert.True(file.FlushAndPurge().IsComplete);
        file.Close();
        Assert.Equal([8], store.Stored(0, 1));
        Assert.Equal(0, cache.GetCurrentStatistics().Files);
    }

    [Fact]
    public void Identities_that_cannot_be_compared_refuse_the_second_opening_and_harm_nobody()
    {
        using var cache = Make();
        using var other = Make();
        using var first = cache.Open(new OddStore { Says = { ["Identity"] = new Incomparable() } });
        var second = new OddStore { Says = { ["Identity"] = new Incomparable() } };
        Assert.Contains("cannot be compared", Assert.Throws<IOException>(() => cache.Open(second)).Message,
            StringComparison.Ordinal);
        Assert.Throws<IOException>(() => other.Open(second));
        Assert.Equal(1, first.Read(0, new byte[1]));
        first.Close();
        cache.Open(second).Close();
    }

    [Fact]
    public async Task A_clock_that_throws_ends_nothing()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Make(new OddClock { Frequency = 0 }));
        var clock = new OddClock();
        using var cache = Make(clock);
        clock.IsOdd = true;
        var store = new OddStore();
        using var file = cache.Open(store);
        var hold = file.AcquireExclusive();
        var waiting = Task.Run(() => file.Read(0, new byte[1]), Token);
        var waitingToo = file.ReadAsync(1, new byte[1], Token);
        for (int page = 0; page < 64; page++) hold.Write((long)page * Pages.Bytes, Pages.Of(2));
        hold.Dispose();
        Assert.Equal(1, await waiting);
        Assert.Equal(1, await waitingToo);
        Assert.True(file.FlushAndPurge().IsComplete);
    }

    private static FileCache Make(TimeProvider? clock = null) => new(new FileCacheOptions
    {
        CapacityBytes = 32 * Pages.Bytes,
        LazyWriterInterval = TimeSpan.Zero,
        TimeProvider = clock ?? TimeProvider.System,
    });

    private static IEnumerable<string> VirtualMembersOf(Type type) => AllOf(type)
        .Where(static one => one is { IsVirtual: true, IsFinal: false, IsAssembly: false })
        .Select(static one => NameOf(one.Name)).Distinct();

    private static IEnumerable<string> MembersOf(Type type) => AllOf(type).Select(static one => NameOf(one.Name));

    private static MethodInfo[] AllOf(Type type) => type.GetMethods(
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly);

    private static string NameOf(string method) =>
        method.StartsWith("get_", StringComparison.Ordinal) ? method[4..] : method;

    private static Task Require(Action call) => Require(() =>
    {
        call();
        return Task.CompletedTask;
    });

    private static async Task Require(Func<Task> call)
    {
        var error = await Record.ExceptionAsync(call);
        if (error is not null) Assert.IsType<IOException>(error, exactMatch: false);
    }

    private sealed class Incomparable
    {
        public override bool Equals(object? obj) => throw new InvalidOperationException("odd");

        public override int GetHashCode() => 1;
    }

    private sealed class OddClock : TimeProvider
    {
        internal bool IsOdd { get; set; }

        internal long Frequency { get; init; } = 1000;

        public override long TimestampFrequency => Frequency;

        public override long GetTimestamp() => IsOdd ? throw new InvalidOperationException("odd") : 1;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            IsOdd ? null! : base.CreateTimer(callback, state, dueTime, period);
    }

    private sealed class OddLog : WriteAheadLog
    {
        internal string? Odd { get; set; }

        public override void FlushTo(long sequence) => Ask();

        public override ValueTask FlushToAsync(long sequence, CancellationToken cancellationToken)
        {
            Ask();
            return default;
        }

        private void Ask([CallerMemberName] string member = "")
        {
            if (Odd == member) throw new InvalidCastException("odd");
        }
    }

    /// <summary>A store in memory, one member of which throws, or says what it is told to say.</summary>
    private sealed class OddStore : BackingStore
    {
        private readonly MemoryStore _store = new(Pages.Of(1, 4));

        internal string? Odd { get; set; }

        internal Func<Exception> Error { get; init; } = static () => new InvalidCastException("odd");

        internal Dictionary<string, object?> Says { get; } = [];

        public override object Identity => Say<object>(this)!;

        public override string Name => Say("odd store")!;

        public override string? ContentKey => Say("odd content");

        public override bool IsMemory => Say(false);

        public override bool IsImmediate => Say(false);

        public override bool CanWrite => Say(true);

        public override long MaxLength => Say(long.MaxValue);

        public override int MaxConcurrentRequests => Say(8);

        public override int MaxRequestBytes => Say(1 << 20);

        public override int BestRequestBytes => Say(1 << 16);

        public override IReadOnlyCollection<ICoherentFile> FilesBelow => Say<IReadOnlyCollection<ICoherentFile>>([])!;

        internal byte[] Stored(long offset, int length)
        {
            byte[] bytes = new byte[length];
            _store.Read(offset, bytes);
            return bytes;
        }

        public override long GetLength() => Say(_store.GetLength());

        public override ValueTask<long> GetLengthAsync(CancellationToken cancellationToken) =>
            new(Say(_store.GetLength()));

        public override void Refresh() => Say(0);

        public override ValueTask RefreshAsync(CancellationToken cancellationToken) => Do(static () => { });

        public override int Read(long offset, Memory<byte> destination) => Say(_store.Read(offset, destination));

        public override ValueTask<int> ReadAsync(
            long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
            new(Say(_store.Read(offset, destination)));

        public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
        {
            Say(0);
            _store.Write(offset, pieces);
        }

        public override ValueTask WriteAsync(
            long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken) =>
            Do(() => _store.Write(offset, pieces));

        public override void Barrier() => Say(0);

        public override ValueTask BarrierAsync(CancellationToken cancellationToken) => Do(static () => { });

        public override void AnnounceBarrier(ByteRange range) => Say(0);

        public override void DropCopies(ByteRange range) => Say(0);

        public override ValueTask DropCopiesAsync(ByteRange range, CancellationToken cancellationToken) =>
            Do(static () => { });

        public override void SetLength(long length)
        {
            Say(0);
            _store.SetLength(length);
        }

        public override ValueTask SetLengthAsync(long length, CancellationToken cancellationToken) =>
            Do(() => _store.SetLength(length));

        public override void FlushLines(ByteRange range) => Say(0);

        protected override void Dispose(bool disposing) => Say(0);

        private ValueTask Do(Action call, [CallerMemberName] string member = "")
        {
            Say(0, member);
            call();
            return default;
        }

        private T? Say<T>(T? usual, [CallerMemberName] string member = "")
        {
            if (Odd == member) throw Error();
            return Says.TryGetValue(member, out object? said) ? (T?)said : usual;
        }
    }
}
