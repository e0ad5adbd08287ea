namespace Concord.Tests.Caching.Stacks;

/// <summary>
/// Stacks of three files that are closed, whichever of their stores name the file below and in whatever order they were
/// opened: all bytes are in the lowest store, at once or, where a store failed for a while, after another try.
/// </summary>
public sealed class ClosedStackTests
{
    private static readonly int[][] Orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

    public static TheoryData<string, int> Ends
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (string end in new[] { "close", "dispose", "by hand" })
            {
                for (int failing = -1; failing < 3; failing++) data.Add(end, failing);
            }

            return data;
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task All_bytes_are_in_the_lowest_store(string end, int failing)
    {
        int stacks = 0;
        foreach (var shape in Shapes())
        {
            // Who closes the lower files himself, although the upper one failed, has to name them.
            if (end == "by hand" && failing > 0 && shape is not { MiddleNames: true, TopNames: true }) continue;
            try
            {
                await CheckAsync(new Stack(shape), end, failing, isOdd: stacks++ % 2 == 1);
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"{shape}: {error.Message}", error);
            }
        }

        Assert.True(stacks > 0);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_store_may_open_its_file_no_sooner_than_it_is_written(bool disposes, bool isForeign)
    {
        foreach (bool isOpenBefore in new[] { false, true })
        {
            var lowest = new ScriptedStore { SaysItIsLowest = false };
            var cache = Make();
            var file = cache.Open(new LateStore(null, isForeign) { Finds = () => cache.Open(lowest) });
            file.Write(0, Pages.Of(1, 10));
            if (isOpenBefore)
            {
                file.Flush();
                file.Write(0, Pages.Of(2, 10));
            }

            if (disposes) cache.Dispose();
            else cache.Close();
            Assert.Equal(Pages.Of((byte)(isOpenBefore ? 2 : 1), 10), lowest.Content);
            Assert.Empty(cache.FailedFiles);
            Assert.Equal((0, 0), (cache.ResidentBytes, cache.Services.Files.Count));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_store_writes_when_it_is_disposed_is_in_the_file_below(bool disposes)
    {
        var lowest = new ScriptedStore { SaysItIsLowest = false };
        var cache = Make();
        var middle = cache.Open(new FooterStore(cache.Open(lowest), at: 1, names: false));
        cache.Open(new FooterStore(middle, at: 2, names: true)).Write(0, [1]);
        if (disposes) cache.Dispose();
        else cache.Close();
        Assert.Equal([1, 1, 2], lowest.Content);
    }

    [Fact]
    public void Files_that_stay_open_for_a_failed_one_are_durable_and_close_with_it()
    {
        using var cache = Make();
        var (other, store) = (new ScriptedStore(), new ScriptedStore { SaysItIsLowest = false });
        var below = cache.Open(other);
        var file = cache.Open(store);
        below.Write(0, Pages.Of(1));
        file.Write(0, Pages.Of(2));
        store.Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("planted") : null;
        cache.Dispose();
        var failed = Assert.Single(cache.FailedFiles);
        Assert.Equal(Pages.Of(1), other.Content);
        Assert.Equal(1, below.Read(0, new byte[1]));

        // Another end changes nothing.
        below.Close();
        below.Dispose();
        Assert.Equal(1, below.Read(0, new byte[1]));
        Assert.Throws<WriteBackException>(failed.Retry);
        store.Fails = static _ => null;
        failed.Retry();
        Assert.Equal(Pages.Of(2), store.Content);
        Assert.Throws<ObjectDisposedException>(() => below.Read(0, new byte[1]));
        Assert.Equal((0, 0), (cache.ResidentBytes, cache.Services.Files.Count));
    }

    [Fact]
    public void So_do_those_that_were_disposed_by_hand_and_those_of_a_file_that_is_given_up()
    {
        using var cache = Make();
        var below = cache.Open(new ScriptedStore());
        var store = new LateStore(below, isForeign: true) { Refuses = true };
        var file = cache.Open(store);
        file.Write(0, Pages.Of(2));
        file.Dispose();
        var error = Assert.Throws<InvalidOperationException>(below.Close);
        Assert.Contains("a failed file has yet to be written", error.Message, StringComparison.Ordinal);
        below.Dispose();
        Assert.Equal(0, below.Read(0, new byte[1]));
        var failed = Assert.Single(cache.FailedFiles);
        failed.Discard();
        Assert.Throws<ObjectDisposedException>(() => below.Read(0, new byte[1]));
        Assert.Equal(0, cache.Services.Files.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Giving_up_a_lower_file_keeps_the_way_of_the_one_above(bool disposesCache)
    {
        foreach (var shape in Shapes().Where(static shape => !shape.LowestSays))
        {
            var stack = new Stack(shape);
            byte[] content = Pages.Pattern(20 * Pages.Bytes, seed: 2);
            stack.Files[2].Write(0, content);
            stack.Fail(0);
            if (disposesCache) stack.Cache.Dispose();
            else foreach (var file in stack.Files.Reverse()) file.Dispose();
            stack.Cache.FailedFiles.Single(static failed => failed.Name == "scripted store").Discard();
            stack.Fail(-1);
            foreach (var failed in stack.Cache.FailedFiles) Retry(failed);
            stack.Cache.Close();
            Assert.Equal(content, stack.Lowest.Content);
        }
    }

    [Fact]
    public void A_store_that_names_no_file_and_fails_keeps_no_other_file_open()
    {
        using var cache = Make();
        var store = new ScriptedStore();
        var other = cache.Open(new ScriptedStore());
        cache.Open(store).Write(0, Pages.Of(2));
        store.Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("planted") : null;
        cache.Dispose();
        Assert.Throws<ObjectDisposedException>(() => other.Read(0, new byte[1]));
        store.Fails = static _ => null;
        Assert.Single(cache.FailedFiles).Retry();
    }

    private static IEnumerable<Shape> Shapes() =>
        from order in Orders
        from middleNames in new[] { false, true }
        from topNames in new[] { false, true }
        where !middleNames || Array.IndexOf(order, 0) < Array.IndexOf(order, 1)
        where !topNames || Array.IndexOf(order, 1) < Array.IndexOf(order, 2)
        from lowestSays in new[] { false, true }
        from isForeign in new[] { false, true }
        select new Shape(order, middleNames, topNames, lowestSays, isForeign);

    private static async Task CheckAsync(Stack stack, string end, int failing, bool isOdd)
    {
        var cache = stack.Cache;
        byte[] content = Pages.Pattern(20 * Pages.Bytes, seed: 1);
        stack.Files[2].Write(0, content);
        stack.Fail(failing);
        var error = await EndAsync(stack, end, isOdd);
        if (failing < 0)
        {
            Assert.Null(error);
        }
        else
        {
            Assert.Equal(end == "close", error is WriteBackException);
            Assert.Equal(end != "close", cache.FailedFiles.Count > 0);
            stack.Fail(-1);
            foreach (var failed in isOdd ? cache.FailedFiles : cache.FailedFiles.Reverse()) Retry(failed);

            // The first may tell what happened before.
            if (await EndAsync(stack, "close", isOdd) is not null) Assert.Null(await EndAsync(stack, "close", isOdd));
        }

        Assert.Empty(cache.FailedFiles);
        Assert.Equal(content, stack.Lowest.Content);
        Assert.Equal((0, 0), (cache.ResidentBytes, cache.Services.Files.Count));
    }

    /// <summary>
    /// Tries a failed file again. Each file of the stack may tell once what has happened in the background, of which
    /// the file above then says that its barrier failed.
    /// </summary>
    private static void Retry(FailedFile failed)
    {
        for (int told = 0; Record.Exception(failed.Retry) is { } error; told++)
        {
            Assert.Contains("this happened in the background", error.ToString(), StringComparison.Ordinal);
            Assert.InRange(told, 0, 2);
        }
    }

    private static async Task<Exception?> EndAsync(Stack stack, string end, bool isAsync) =>
        await Record.ExceptionAsync(async () =>
        {
            if (end == "close" && isAsync) await stack.Cache.CloseAsync(Token);
            else if (end == "close") stack.Cache.Close();
            else if (end == "dispose" && isAsync) await stack.Cache.DisposeAsync();
            else if (end == "dispose") stack.Cache.Dispose();
            else foreach (var file in stack.Files.Reverse()) file.Dispose();
        });

    private static FileCache Make() => new(new FileCacheOptions
    {
        CapacityBytes = 64 * Pages.Bytes,
        LazyWriterInterval = TimeSpan.Zero,
    });

    /// <summary>A store that writes into the file below it when it is disposed.</summary>
    private sealed class FooterStore(CachedFile below, byte at, bool names) : BackingStore
    {
        public override IReadOnlyCollection<ICoherentFile> FilesBelow => names ? [below] : base.FilesBelow;

        public override long GetLength() => below.Length;

        public override int Read(long offset, Memory<byte> destination) => below.Read(offset, destination.Span);

        public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
        {
            foreach (var piece in pieces)
            {
                below.Write(offset, piece.Span);
                offset += piece.Length;
            }
        }

        public override void Barrier() => below.Flush();

        public override void SetLength(long length) => below.SetLength(length);

        protected override void Dispose(bool disposing) => below.Write(at, [at]);
    }

    /// <summary>How a stack is made: the order of opening, and what its stores say and do.</summary>
    private sealed record Shape(int[] Order, bool MiddleNames, bool TopNames, bool LowestSays, bool IsForeign)
    {
        public override string ToString() =>
            $"opened {string.Join(',', Order)}, names {MiddleNames} {TopNames} {LowestSays}, foreign {IsForeign}";
    }

    /// <summary>Three files, each in the next lower one.</summary>
    private sealed class Stack
    {
        private readonly LateStore?[] _stores = new LateStore?[3];

        internal Stack(Shape shape)
        {
            Lowest = new ScriptedStore { SaysItIsLowest = shape.LowestSays };
            foreach (int level in shape.Order)
            {
                if (level > 0)
                {
                    bool names = level == 1 ? shape.MiddleNames : shape.TopNames;
                    _stores[level] = new LateStore(names ? Files[level - 1] : null, shape.IsForeign)
                    {
                        Finds = () => Files[level - 1],
                    };
                }

                Files[level] = Cache.Open(_stores[level] ?? (BackingStore)Lowest);
            }
        }

        internal FileCache Cache { get; } = Make();

        internal ScriptedStore Lowest { get; }

        /// <summary>The files, the lowest first.</summary>
        internal CachedFile[] Files { get; } = new CachedFile[3];

        /// <summary>Has the store of one level fail, and no other.</summary>
        internal void Fail(int level)
        {
            Lowest.Fails = call => level == 0 && (call.Kind is StoreCallKind.Write or StoreCallKind.Barrier)
                ? new IOException("planted")
                : null;
            for (int other = 1; other < 3; other++) _stores[other]!.Refuses = other == level;
        }
    }
}
