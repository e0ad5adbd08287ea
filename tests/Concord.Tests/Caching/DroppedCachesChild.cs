using System.Globalization;
using System.Runtime.CompilerServices;

namespace Concord.Tests.Caching;

/// <summary>
/// A child program that makes caches and drops them without disposing anything. Prints how much address space it has
/// gained at the end, in GiB; a section takes one at least.
/// </summary>
internal static class DroppedCachesChild
{
    internal const string Name = "dropped-caches";

    /// <summary>Stores and logs that lie in files of the same cache, one kind after the other.</summary>
    internal const string Stacks = "stacks";

    private const int Caches = 60, FilePages = 64;

    /// <summary>What is made of a file: nobody knows the store that stands on it, or its identity is its own.</summary>
    private static readonly Action<FileCache, CachedFile, string>[] StackKinds =
    [
        static (cache, file, _) => Fill(cache.Open(new Above(file))),
        static (cache, file, _) => Fill(cache.Open(new Above(file) { Names = [file] })),
        static (cache, file, _) => Fill(cache.Open(new Above(cache.Open(new Above(file))))),
        static (cache, file, _) => Fill(cache.Open(new Above(file) { HasOwnIdentity = true })),
        static (cache, file, _) => Fill(cache.Open(new Above.Async(file))),
        static (cache, file, path) => FillWithLog(cache, file, path),
    ];

    /// <param name="args">The kind of section, what is done with each file, and a folder.</param>
    internal static int Run(string[] args)
    {
        var kind = Enum.Parse<SectionKind>(args[0]);
        var (manner, folder) = (args[1], args[2]);
        MakeAndDrop(kind, manner, System.IO.Path.Combine(folder, "first"), 0);
        long before = AddressSpace(), most = before;
        for (int i = 0; i < Caches; i++)
        {
            MakeAndDrop(kind, manner, System.IO.Path.Combine(folder, $"{i}"), i);
            most = Math.Max(most, AddressSpace());
        }

        // What is dirty is written first, and a collection finds what is dropped only after that.
        long end = 0;
        Patience.Await(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            end = AddressSpace() - before;
            return end < Caches / 10;
        });
        int open = Directory.GetFiles("/proc/self/fd").Count(static name => TargetOf(name).Contains("concord section"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{most - before} {end} {open}"));
        return 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MakeAndDrop(SectionKind kind, string manner, string path, int number)
    {
        File.WriteAllBytes(path, new byte[FilePages * Pages.Bytes]);

        // Its files count, and not its capacity: the collector has a reason to look.
        var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 256 << 20,
            SectionKind = kind,
            LazyWriterInterval = TimeSpan.FromMilliseconds(20),
        });
        var file = cache.Open(path, FileMode.Open, FileAccess.ReadWrite);
        file.Read(0, new byte[FilePages * Pages.Bytes]);
        if (manner == "dirty") Fill(file);
        if (manner == Stacks) StackKinds[number % StackKinds.Length](cache, file, path);
        if (manner != "view") return;
        using var view = file.MapView(new ByteRange(0, Pages.Bytes), ViewAccess.ReadWrite);
        Views.NativeMemory.Write(view, 0, Pages.Of(7));
    }

    private static void Fill(CachedFile file) => file.Write(0, Pages.Of(7, FilePages));

    private static void FillWithLog(FileCache cache, CachedFile file, string path)
    {
        file.SetLog(new LogIn(cache.Open(path + "-log", FileMode.Create, FileAccess.ReadWrite)));
        using var lease = file.Lease(Pages.Range(0), LeaseAccess.Write);
        lease.SetLogSequence(1);
        lease.WritableSpan.Fill(7);
    }

    private static string TargetOf(string descriptor) => new FileInfo(descriptor).LinkTarget ?? "";

    private static long AddressSpace()
    {
        string line = File.ReadLines("/proc/self/status").First(static line => line.StartsWith("VmSize:"));
        string size = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[^2];
        return long.Parse(size, CultureInfo.InvariantCulture) >> 20;
    }

    /// <summary>A store whose bytes are those of a file of the same cache.</summary>
    private sealed class Above(CachedFile below) : BackingStore
    {
        internal CachedFile[] Names { get; init; } = [];

        internal bool HasOwnIdentity { get; init; }

        public override object Identity => HasOwnIdentity ? new IdentityOf(this) : this;

        public override IReadOnlyCollection<ICoherentFile> FilesBelow => Names;

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

        private sealed record IdentityOf(Above Store);

        /// <summary>The same with asynchronous forms only.</summary>
        internal sealed class Async(CachedFile below) : BackingStore
        {
            public override ValueTask<long> GetLengthAsync(CancellationToken cancellationToken) => new(below.Length);

            public override ValueTask<int> ReadAsync(
                long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
                below.ReadAsync(offset, destination, cancellationToken);

            public override async ValueTask WriteAsync(
                long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken)
            {
                foreach (var piece in pieces)
                {
                    await below.WriteAsync(offset, piece, cancellationToken);
                    offset += piece.Length;
                }
            }

            public override async ValueTask BarrierAsync(CancellationToken cancellationToken) =>
                await below.FlushAsync(cancellationToken);

            public override ValueTask SetLengthAsync(long length, CancellationToken cancellationToken) =>
                below.SetLengthAsync(length, cancellationToken);
        }
    }

    /// <summary>A log in a file of the same cache.</summary>
    private sealed class LogIn(CachedFile file) : WriteAheadLog
    {
        public override void FlushTo(long sequence)
        {
            file.Write(0, [7]);
            file.Flush();
        }
    }
}
