using Concord.Caching;
using Concord.Tests.Caching;
using Concord.Tests.SystemCache;
using NativeMemory = Concord.Tests.Caching.Views.NativeMemory;

namespace Concord.Tests.Interop;

/// <summary>
/// A child process from which every call is kept that a kernel lacks, by real filters: <c>older-kernel VERSION</c>. It
/// uses each part of the library and says what came of it, a line each.
/// </summary>
internal static class OlderKernel
{
    internal const string Name = "older-kernel";

    private const uint IoctlNumber = 16, MadviseNumber = 28, UserfaultfdNumber = 323, CachestatNumber = 451;
    private const uint Invalid = 22, NotTerminal = 25, NoSystemCall = 38;
    private const uint CloseOnExec = 0x80000, UserModeOnly = 1, PageMapScan = 0xC0606610;
    private const int FilePages = 64;

    internal static int Run(string[] args)
    {
        var version = Version.Parse(args[0]);
        using var place = Place.Make(Place.Disk);
        WithholdWhatIsNewer(version);
        Console.WriteLine($"file: {UseFile(place)}");
        Console.WriteLine($"system: {UseSystemFile(place)}");
        Console.WriteLine($"processor: {UseProcessor()}");
        var faults = PageFaultDispatcher.Open(isSynchronous: version < new Version(6, 7),
            isUntracked: version < new Version(5, 19));
        Console.WriteLine($"reading view: {UseView(faults, ViewAccess.Read)}");
        Console.WriteLine($"writable view: {UseView(faults, ViewAccess.ReadWrite)}");
        return 0;
    }

    private static void WithholdWhatIsNewer(Version version)
    {
        void Advice(int major, int minor, uint value)
        {
            if (version < new Version(major, minor)) SystemCallFilter.Refuse(MadviseNumber, 2, value, Invalid);
        }

        if (version < new Version(5, 11))
        {
            SystemCallFilter.Refuse(UserfaultfdNumber, 0, CloseOnExec | UserModeOnly, Invalid);
        }

        // MADV_POPULATE_READ and _WRITE, MADV_DONTNEED_LOCKED, MADV_COLLAPSE.
        Advice(5, 14, 22);
        Advice(5, 14, 23);
        Advice(5, 18, 24);
        Advice(6, 1, 25);
        if (version < new Version(6, 5)) SystemCallFilter.Refuse(CachestatNumber, NoSystemCall);
        if (version < new Version(6, 7)) SystemCallFilter.Refuse(IoctlNumber, 1, PageMapScan, NotTerminal);
    }

    private static string UseFile(Place place)
    {
        string path = place.WriteFile(FilePages, "cached");
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 16 * Pages.Bytes });
        using var file = cache.Open(path, FileMode.Open, FileAccess.ReadWrite);
        for (int page = 0; page < FilePages; page++) file.Write((long)page * Pages.Bytes, [(byte)page]);
        bool isComplete = file.FlushAndPurge().IsComplete;
        byte[] bytes = File.ReadAllBytes(path);
        int wrong = Enumerable.Range(0, FilePages).Count(page => bytes[page * Pages.Bytes] != (byte)page);
        byte[] read = new byte[FilePages * Pages.Bytes];
        return file.Read(0, read) == read.Length && read.AsSpan().SequenceEqual(bytes) && isComplete && wrong == 0
            ? "as written" : $"{wrong} pages wrong, complete: {isComplete}";
    }

    private static string UseSystemFile(Place place)
    {
        string path = place.WriteFile(FilePages);
        using SystemFile file = SystemFile.Open(path);
        long? before = file.Query().Resident;
        CoherencyResult result = file.FlushAndPurge();
        return $"{before} of {FilePages} pages, {result.Status}, {file.Query().Resident} left";
    }

    private static unsafe string UseProcessor()
    {
        byte[] memory = GC.AllocateArray<byte>(10 * Pages.Bytes, pinned: true);
        ProcessorCache.FlushAndInvalidate(memory);
        fixed (byte* first = memory) ProcessorCache.FlushAndInvalidate((nint)first, (nuint)memory.Length);
        return "flushed";
    }

    private static string UseView(PageFaultDispatcher faults, ViewAccess access)
    {
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
        cache.Services.Views.Faults = faults;
        var store = new ScriptedStore(Pages.Of(1, 4));
        using var file = cache.Open(store);
        try
        {
            using var view = file.MapView(Pages.Range(0, 4), access);
            byte shown = NativeMemory.ReadByte(view, 2 * Pages.Bytes);
            if (access == ViewAccess.ReadWrite) NativeMemory.Write(view, 2 * Pages.Bytes, [2]);
            bool isComplete = file.FlushAndPurge().IsComplete;
            store.Put(Pages.Bytes, 3);
            return $"shows {shown}, stored {store.Content[2 * Pages.Bytes]}, purged {isComplete}, "
                + $"then shows {NativeMemory.ReadByte(view, Pages.Bytes)}";
        }
        catch (PlatformNotSupportedException error)
        {
            return error.Message;
        }
    }
}
