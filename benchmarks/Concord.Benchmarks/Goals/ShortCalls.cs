using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Workloads;

namespace Concord.Benchmarks.Goals;

/// <summary>What a stream costs that is read and written a byte or a number at a time.</summary>
internal sealed class ShortCalls : Goal
{
    private const string Concord = "CachedFileStream", DotNet = "FileStream";

    private const double SpeedMin = 0.5;

    private const int Bytes = 256 * 1024;

    public override string Name => "Bytes";

    public override string Title => "Read and write a stream a byte at a time, or a number of four bytes";

    public override string Target => $"≥ {SpeedMin} of FileStream's speed, with its buffer of 4 KiB";

    public override IEnumerable<string> Notes =>
    [
        "FileStream reads and writes a buffer of its own in nearly every call, which no other handle sees. Concord's "
            + "stream has none: each call finds the page, and when it has returned, everybody sees what was written.",
        "Over: the bytes were there before, and the pages are dirty. Appended: each call makes the file longer.",
    ];

    public override string? Missing(RunSettings settings) => null;

    public override IEnumerable<Comparison> Comparisons(RunSettings settings)
    {
        string path = settings.Folder["bytes"], other = settings.Folder["bytes-cached"];
        using var system = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite);
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 16 * Sizes.MiB, LazyWriterInterval = TimeSpan.Zero });
        using var cached = cache.Open(other, FileMode.CreateNew, FileAccess.ReadWrite).AsStream();
        using var reader = new BinaryReader(system);
        using var cachedReader = new BinaryReader(cached);
        using var writer = new BinaryWriter(system);
        using var cachedWriter = new BinaryWriter(cached);
        Compiling.Await(() =>
        {
            StreamLoops.WriteBytes<OfConcord>(cached, Bytes);
            StreamLoops.WriteBytes<OfDotNet>(system, Bytes);
            StreamLoops.WriteNumbers<OfConcord>(cachedWriter, Bytes);
            StreamLoops.WriteNumbers<OfDotNet>(writer, Bytes);
            StreamLoops.ReadBytes<OfConcord>(cached, Bytes);
            StreamLoops.ReadBytes<OfDotNet>(system, Bytes);
            StreamLoops.ReadNumbers<OfConcord>(cachedReader, Bytes);
            StreamLoops.ReadNumbers<OfDotNet>(reader, Bytes);
        });
        using PinnedThread pin = PinnedThread.ToProcessor(0);
        yield return Compare("WriteByte, appended", 1, Empty,
            () => StreamLoops.WriteBytes<OfConcord>(cached, Bytes),
            () => StreamLoops.WriteBytes<OfDotNet>(system, Bytes));
        yield return Compare("BinaryWriter.Write(int), appended", sizeof(int), Empty,
            () => StreamLoops.WriteNumbers<OfConcord>(cachedWriter, Bytes),
            () => StreamLoops.WriteNumbers<OfDotNet>(writer, Bytes));
        yield return Compare("WriteByte, over", 1, Nothing,
            () => StreamLoops.WriteBytes<OfConcord>(cached, Bytes),
            () => StreamLoops.WriteBytes<OfDotNet>(system, Bytes));
        yield return Compare("BinaryWriter.Write(int), over", sizeof(int), Nothing,
            () => StreamLoops.WriteNumbers<OfConcord>(cachedWriter, Bytes),
            () => StreamLoops.WriteNumbers<OfDotNet>(writer, Bytes));
        yield return Compare("ReadByte", 1, Nothing,
            () => StreamLoops.ReadBytes<OfConcord>(cached, Bytes),
            () => StreamLoops.ReadBytes<OfDotNet>(system, Bytes));
        yield return Compare("BinaryReader.ReadInt32", sizeof(int), Nothing,
            () => StreamLoops.ReadNumbers<OfConcord>(cachedReader, Bytes),
            () => StreamLoops.ReadNumbers<OfDotNet>(reader, Bytes));

        static void Nothing(Stream stream)
        {
            // The stream has its bytes.
        }

        static void Empty(Stream stream) => stream.SetLength(0);

        Comparison Compare(string title, int bytes, Action<Stream> prepare, Func<Slice> ours, Func<Slice> theirs) =>
            new(title,
            bytes,
            [new Rival(Concord, () => prepare(cached), ours), new Rival(DotNet, () => prepare(system), theirs)],
            Reference: DotNet,
            [new SpeedDemand(Concord, DotNet, SpeedMin)]);
    }

    private readonly struct OfConcord;

    private readonly struct OfDotNet;
}
