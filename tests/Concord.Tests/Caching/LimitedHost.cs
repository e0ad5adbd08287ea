using Concord.Tests.Caching.Views;
using Concord.Tests.Interop;
using Concord.Tests.Stores;
using Concord.Tests.SystemCache.Children;
using NativeMemory = Concord.Tests.Caching.Views.NativeMemory;

namespace Concord.Tests.Caching;

/// <summary>
/// A child process that uses caches where the system gives it little: <c>limited-host WHAT</c>. It says what came
/// of it.
/// </summary>
internal static class LimitedHost
{
    internal const string Name = "limited-host";

    private const uint MemfdCreateNumber = 319, NotPermitted = 1, MmapNumber = 9, NotEnoughMemory = 12;

    internal static int Run(string[] args)
    {
        Console.WriteLine(args[0] switch
        {
            "descriptors of memory" => UseManyStores(),
            "descriptors of files" => OpenManyFiles(),
            "address space" => UseFarFiles(),
            "length of files" => UseWithFileSizeLimit(),
            "memory with a descriptor" => UseWithoutMemfd(),
            "threads" => MapWithoutThreads(),
            "memory to assemble pages in" => MissWithoutMemory(),
            _ => throw new ArgumentException($"nothing is limited that is called '{args[0]}'"),
        });
        return 0;
    }

    /// <summary>Opens files by path, and memory, where the memory of others has all descriptors.</summary>
    private static string OpenManyFiles()
    {
        using var folder = new TempFolder();
        for (int i = 0; i < 6; i++) File.WriteAllBytes(folder[$"{i}"], Pages.Of((byte)(i + 1), 2));
        UseViewOnce();
        using var cache = Make();
        LocalFileStore.Open(folder["0"]).Dispose();
        SharedMemoryStore.Create(Pages.Bytes).Dispose();

        // A thread of the pool needs descriptors of its own.
        cache.OpenAsync(folder["0"]).AsTask().Result.Close();
        Native.Limit(Native.LimitDescriptors, (ulong)Directory.GetFiles("/proc/self/fd").Length + 40);
        UseUp(cache);
        var opened = cache.Open(folder["0"], FileMode.Open, FileAccess.ReadWrite);
        UseUp(cache);
        var asynchronous = cache.OpenAsync(folder["1"]).AsTask().Result;
        UseUp(cache);
        var store = LocalFileStore.Open(folder["2"]);
        UseUp(cache);
        var memory = SharedMemoryStore.Create(2 * Pages.Bytes);
        UseUp(cache);
        var file = SharedMemoryStore.Open(folder["3"]);
        byte[] bytes = new byte[1];
        List<byte> seen = [Pages.Read(opened, Pages.Range(1))[0], Pages.Read(asynchronous, Pages.Range(1))[0]];
        foreach (BackingStore one in new BackingStore[] { store, memory, file })
        {
            seen.Add(one.Read(Pages.Bytes, bytes) == 1 ? bytes[0] : (byte)99);
        }

        return string.Join(' ', seen);
    }

    /// <summary>Makes files until no descriptor is left.</summary>
    private static void UseUp(FileCache cache)
    {
        for (int i = 0; i < 100; i++) cache.Open(new MemoryStore(Pages.Of((byte)i, 2))).Write(0, [1]);
    }

    private static string UseManyStores()
    {
        UseViewOnce();
        using var cache = Make();
        Native.Limit(Native.LimitDescriptors, (ulong)Directory.GetFiles("/proc/self/fd").Length + 40);
        var files = new List<CachedFile>();
        for (int i = 0; i < 300; i++)
        {
            files.Add(cache.Open(new MemoryStore(Pages.Of((byte)i, 2))));
            files[i].Write(0, [(byte)(i + 1)]);
        }

        for (int i = 0; i < files.Count; i++)
        {
            byte[] bytes = Pages.Read(files[i], Pages.Range(0, 2));
            if (bytes[0] != (byte)(i + 1) || bytes[^1] != (byte)i) return $"file {i} is wrong";
        }

        using var view = files[0].MapView(Pages.Range(0, 2));
        return $"{files.Count} files, the view shows {NativeMemory.ReadByte(view, 0)}";
    }

    private static string UseFarFiles()
    {
        const long Length = 1L << 40;
        using var cache = Make();
        var files = Enumerable.Range(0, 60).Select(_ => cache.Open(new ZeroStore(Length))).ToArray();
        byte[] last = new byte[1];
        foreach (var file in files)
        {
            if (file.Read(Length - 1, last) != 1) return "the last byte is missing";
        }

        using var view = files[0].MapView(new ByteRange(Length - 1, 1));
        return $"{files.Length} files, the view shows {NativeMemory.ReadByte(view, 0)}";
    }

    private static string UseWithFileSizeLimit()
    {
        Native.Limit(Native.LimitFileSize, 1 << 20);
        return UsePrivate();
    }

    private static string UseWithoutMemfd()
    {
        SystemCallFilter.Refuse(MemfdCreateNumber, NotPermitted);
        return UsePrivate();
    }

    private static string UsePrivate()
    {
        using var cache = Make();
        var store = new MemoryStore(Pages.Of(1, 1000));
        using var file = cache.Open(store);
        file.Write(5, [2]);
        file.FlushAndPurge();
        byte[] bytes = Pages.Read(file, Pages.Range(0, 1000));
        try
        {
            file.MapView(Pages.Range(0)).Dispose();
            return "there is a view";
        }
        catch (PlatformNotSupportedException)
        {
            return $"{file.State.Section.GetType().Name}, {bytes[4]} {bytes[5]}, no view";
        }
    }

    private static string MapWithoutThreads()
    {
        UseViewOnce();
        if (Environment.IsPrivilegedProcess) AsNobodyChild.Become(AsNobodyChild.Nobody);
        using var fixture = new ViewFixture(Pages.Of(1, 40), dispatcher: Concord.Caching.PageFaultDispatcher.Open());
        Native.Limit(Native.LimitThreads, 1);
        string message;
        try
        {
            fixture.Map().Dispose();
            message = "there is a view";
        }
        catch (IOException error)
        {
            message = error.Message;
        }

        Native.Limit(Native.LimitThreads, ulong.MaxValue);
        using var view = fixture.Map();
        return $"{message}; then the view shows {NativeMemory.ReadByte(view, 30 * Pages.Bytes)}";
    }

    /// <summary>
    /// Misses a page in a file with views, for reading and by writing it whole, where the system gives no memory in
    /// which it could be assembled; and again, when there is some. Only memory of that size is refused: the runtime
    /// goes on.
    /// </summary>
    private static string MissWithoutMemory()
    {
        UseViewOnce();
        using var fixture = new ViewFixture(Pages.Of(1, 40));
        using var view = fixture.Map();
        _ = Miss(fixture.File, 0, 1);
        var spare = Enumerable.Range(0, 16).Select(static _ => Concord.Memory.StagingBlock.Rent()).ToArray();
        SystemCallFilter.Refuse(
            MmapNumber, argument: 1, (uint)Concord.Memory.PageGeometry.ExtentBytes, NotEnoughMemory);
        string[] told = [Miss(fixture.File, 2, 3), Miss(fixture.File, 2, 3)];
        foreach (var block in spare) Concord.Memory.StagingBlock.Return(block);
        string after = Miss(fixture.File, 2, 3);
        return $"{string.Join(", ", told)}, then {after}";
    }

    private static string Miss(CachedFile file, int written, int read)
    {
        string write = Told(() => file.Write(written * (long)Pages.Bytes, Pages.Of(7)));
        return $"{write}, {Told(() => Pages.Read(file, Pages.Range(read)))}";
    }

    /// <summary>What an action tells.</summary>
    private static string Told(Action action)
    {
        try
        {
            action();
            return "done";
        }
        catch (IOException error)
        {
            return error.InnerException is OutOfMemoryException ? "no memory" : error.Message;
        }
    }

    /// <summary>So that everything is loaded and compiled before threads or descriptors are short.</summary>
    private static void UseViewOnce()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 40));
        using var view = fixture.Map();
        NativeMemory.ReadByte(view, 0);
        fixture.File.Write(0, [1]);
        Pages.Read(fixture.File, Pages.Range(0, 40));
        fixture.File.FlushAndPurge();
    }

    private static FileCache Make() => new(
        new FileCacheOptions { CapacityBytes = 4096L * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
}
