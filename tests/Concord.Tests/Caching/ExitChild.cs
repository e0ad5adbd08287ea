using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Concord.Tests.Caching.Stacks;

namespace Concord.Tests.Caching;

/// <summary>A child program that writes through a cache, disposes nothing, and ends in one way or another.</summary>
internal static class ExitChild
{
    internal const string Name = "exit";

    /// <summary>How many pages it writes.</summary>
    internal const int PageCount = 20;

    // What the process still has when it ends.
    private static readonly List<object> Kept = [];

    /// <param name="args">The file's path, how to end, and what the stores and options are like.</param>
    internal static int Run(string[] args)
    {
        var (path, end, manner) = (args[0], args[1], args[2]);
        var options = new FileCacheOptions
        {
            CapacityBytes = 256 * Pages.Bytes,
            LazyWriterInterval = TimeSpan.Zero,
            WriteMode = manner == "hand over" ? WriteMode.HandOver : WriteMode.WriteBack,
        };
        if (manner == "zero") options.ExitFlushTimeout = TimeSpan.Zero;
        if (manner.StartsWith("hang", StringComparison.Ordinal)) options.ExitFlushTimeout = TimeSpan.FromSeconds(1);
        var cache = new FileCache(options);
        Kept.Add(cache);
        if (manner.EndsWith("told", StringComparison.Ordinal)) cache.ExitFlushFailed += (_, failed) => Tell(failed);
        if (manner.EndsWith("throws", StringComparison.Ordinal))
        {
            cache.ExitFlushFailed += static (_, _) => throw new InvalidOperationException("a listener");
        }

        if (manner.StartsWith("hang", StringComparison.Ordinal)) Spoil(cache, static _ => WaitForEver());
        if (manner.StartsWith("fail", StringComparison.Ordinal))
        {
            Spoil(cache, static _ => throw new IOException("no space \u001b[31m"));
        }

        if (manner == "dropped") WriteAndDrop(path);
        else if (manner.StartsWith("leased", StringComparison.Ordinal)) WriteLeased(cache, path, manner);
        else if (manner == "stacked") WriteOnTop(cache, path);
        else if (manner == "kept") WriteAndDispose(cache, path);
        else if (manner.StartsWith("unseen", StringComparison.Ordinal)) WriteUnseen(cache, options, path, manner);
        else WriteTo(cache, path, manner == "view");
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Console.WriteLine("written");
        return End(end);
    }

    private static int End(string how)
    {
        if (how == "exit") Environment.Exit(3);
        if (how == "fail fast") Environment.FailFast("as asked");
        if (how == "throw") throw new InvalidOperationException("nobody handles this");
        if (how == "throw on a thread")
        {
            new Thread(static () => throw new InvalidOperationException("nobody handles this")).Start();
            WaitForEver();
        }

        return 0;
    }

    private static void WaitForEver()
    {
        using var never = new ManualResetEventSlim();
        never.Wait();
    }

    private static void WriteTo(FileCache cache, string path, bool throughView)
    {
        var file = cache.Open(LocalFileStore.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite));
        Kept.Add(file);
        if (!throughView)
        {
            WriteAll(file);
            return;
        }

        file.SetLength((long)PageCount * Pages.Bytes);
        var view = file.MapView(new ByteRange(0, file.Length), ViewAccess.ReadWrite);
        Kept.Add(view);
        for (int page = 0; page < PageCount; page++)
        {
            Views.NativeMemory.Write(view, (long)page * Pages.Bytes, Pages.Of((byte)(page + 1)));
        }
    }

    /// <summary>
    /// Writes under a lease that does not end: one for writing, or one for reading that became one for writing.
    /// </summary>
    private static void WriteLeased(FileCache cache, string path, string manner)
    {
        var file = cache.Open(LocalFileStore.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite));
        file.SetLength((long)PageCount * Pages.Bytes);
        file.FlushAndPurge();
        bool isForReading = manner.EndsWith("later", StringComparison.Ordinal);
        var lease = file.Lease(Pages.Range(0, PageCount), isForReading ? LeaseAccess.Read : LeaseAccess.Write);
        if (isForReading) lease.BeginWriting();
        Kept.Add(file);
        Kept.Add(lease);
        var bytes = MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(lease.Span), lease.Span.Length);
        for (int page = 0; page < PageCount; page++) Pages.Of((byte)(page + 1)).CopyTo(bytes[(page * Pages.Bytes)..]);
    }

    /// <summary>Writes a file whose store lies in another file of the cache.</summary>
    private static void WriteOnTop(FileCache cache, string path)
    {
        var lowest = LocalFileStore.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        var stack = new FileStack(cache, levels: 3, lowest: lowest);
        Kept.Add(stack);
        WriteAll(stack.Top);
    }

    /// <summary>
    /// Writes a file of which no cache knows, before the process ends, that it stands on two others: of the same cache
    /// or of others.
    /// </summary>
    private static void WriteUnseen(FileCache cache, FileCacheOptions options, string path, string manner)
    {
        var file = cache.Open(LocalFileStore.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite));
        for (int level = 0; level < 2; level++)
        {
            Kept.Add(file);
            if (manner.EndsWith("apart", StringComparison.Ordinal)) Kept.Add(cache = new FileCache(options));
            file = cache.Open(new UnseenStore(file));
        }

        Kept.Add(file);
        WriteAll(file);
    }

    /// <summary>
    /// Writes a file of which no cache knows that it stands on another one, and disposes the cache while the lower
    /// store refuses to write.
    /// </summary>
    private static void WriteAndDispose(FileCache cache, string path)
    {
        var lowest = new RefusingStore(LocalFileStore.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite));
        var file = cache.Open(new UnseenStore(cache.Open(lowest)));
        WriteAll(file);
        lowest.Refuses = true;
        cache.Dispose();
        lowest.Refuses = false;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WriteAndDrop(string path)
    {
        var options = new FileCacheOptions { CapacityBytes = 256 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero };
        var cache = new FileCache(options);
        var file = cache.Open(LocalFileStore.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite));
        WriteAll(file);
    }

    private static void WriteAll(CachedFile file)
    {
        for (int page = 0; page < PageCount; page++)
        {
            file.Write((long)page * Pages.Bytes, Pages.Of((byte)(page + 1)));
        }
    }

    /// <summary>Another file of the cache, whose store does this with each write.</summary>
    private static void Spoil(FileCache cache, Action<StoreCall> write)
    {
        var store = new ScriptedStore(Pages.Of(1, 4))
        {
            Before = call =>
            {
                if (call.Kind == StoreCallKind.Write) write(call);
            },
        };
        cache.Open(store).Write(10, Pages.Of(2, 2));
    }

    private static void Tell(ExitFlushFailedEventArgs failed)
    {
        foreach (var (name, bytes, error) in failed.Failures)
        {
            Console.WriteLine($"told: {name}, {bytes}, {error.GetType().Name}");
        }

        Console.Out.Flush();
    }

    /// <summary>A store in a file of the system that refuses to write for a while.</summary>
    private sealed class RefusingStore(LocalFileStore file) : BackingStore
    {
        internal bool Refuses { get; set; }

        public override long GetLength() => file.GetLength();

        public override int Read(long offset, Memory<byte> destination) => file.Read(offset, destination);

        public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
        {
            if (Refuses) throw new IOException("not now");
            file.Write(offset, pieces);
        }

        public override void Barrier() => file.Barrier();

        public override void SetLength(long length) => file.SetLength(length);
    }

    /// <summary>A store that uses the file below it no sooner than it writes.</summary>
    private sealed class UnseenStore(CachedFile below) : BackingStore
    {
        private long _length;

        public override long GetLength() => _length;

        public override int Read(long offset, Memory<byte> destination) => below.Read(offset, destination.Span);

        public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
        {
            foreach (var piece in pieces)
            {
                below.Write(offset, piece.Span);
                offset += piece.Length;
            }

            _length = Math.Max(_length, offset);
        }

        public override void Barrier() => below.Flush();

        public override void SetLength(long length) => below.SetLength(_length = length);
    }
}
