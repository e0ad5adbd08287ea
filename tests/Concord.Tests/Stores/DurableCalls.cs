using Concord.Tests.Caching;

namespace Concord.Tests.Stores;

/// <summary>
/// A child whose system calls are traced: <c>durable-calls CACHING FOLDER WHAT</c>. It says by a look at a file that is
/// not there which step begins, and on its output what came of each.
/// </summary>
internal static class DurableCalls
{
    internal const string Name = "durable-calls";

    /// <summary>What it does.</summary>
    internal const string Flushes = "flushes", RaggedEnd = "ragged-end", InnerRead = "inner-read";

    /// <summary>How the path begins that names a step.</summary>
    internal const string Mark = "/concord-step-";

    internal static int Run(string[] args)
    {
        var caching = Enum.Parse<StoreCaching>(args[0]);
        string path = Path.Combine(args[1], "file");
        return args[2] switch
        {
            RaggedEnd => WriteRaggedEnd(path, caching),
            InnerRead => ReadInside(path, caching),
            _ => Flush(path, caching),
        };
    }

    /// <summary>A store that no cache has, with bytes that are no whole page.</summary>
    private static int WriteRaggedEnd(string path, StoreCaching caching)
    {
        using var store = LocalFileStore.Open(path, FileMode.CreateNew, FileAccess.ReadWrite, caching: caching);
        Step("first", () =>
        {
            store.Write(0, [new byte[700]]);
            store.Barrier();
        });
        Step("again", store.Barrier);
        return 0;
    }

    /// <summary>A read that begins inside a page.</summary>
    private static int ReadInside(string path, StoreCaching caching)
    {
        byte[] expected = Pages.Pattern(Pages.Bytes * 3, seed: 2);
        File.WriteAllBytes(path, expected);
        using var store = LocalFileStore.Open(path, caching: caching);
        byte[] got = new byte[3000];
        int count = store.Read(Pages.Bytes + 900, got);
        bool isWhole = expected.AsSpan(Pages.Bytes + 900, got.Length).SequenceEqual(got.AsSpan(0, count));
        Console.WriteLine(isWhole ? "whole" : $"{count} bytes, and not those of the file");
        return 0;
    }

    private static int Flush(string path, StoreCaching caching)
    {
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 1 << 20,
            LazyWriterInterval = TimeSpan.Zero,
        });
        var store = LocalFileStore.Open(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite, caching);
        using var file = cache.Open(store);
        byte[] expected = Pages.Pattern(Pages.Bytes * 3 + 700, seed: 1);

        Step("first", () =>
        {
            file.Write(0, expected);
            file.Flush();
        });
        bool isRestWhole = File.ReadAllBytes(path).AsSpan(Pages.Bytes).SequenceEqual(expected.AsSpan(Pages.Bytes));
        Console.WriteLine(isRestWhole
            ? "behind the first page all is there" : "bytes are missing behind the first page");
        Step("clean", () =>
        {
            file.Flush();
            file.FlushAndPurge(CoherencyOptions.NoPurge);
        });
        Step("purge", () => file.FlushAndPurge());
        Step("again", () =>
        {
            Change(file, expected, 100, 50);
            file.Flush();
        });
        Step("async", () =>
        {
            Change(file, expected, Pages.Bytes, 2 * Pages.Bytes);
            Task.Run(async () => await file.FlushAsync()).GetAwaiter().GetResult();
        });
        Step("length", () =>
        {
            file.SetLength(5 * Pages.Bytes);
            file.Flush();
        });
        Step("uncached", () =>
        {
            file.WriteUncached(0, expected.AsMemory(0, Pages.Bytes));
            file.Flush();
        });
        Step("end", file.Close);
        bool isWhole = File.ReadAllBytes(path).AsSpan(0, expected.Length).SequenceEqual(expected);
        Console.WriteLine(isWhole ? "whole" : "bytes are missing");
        return 0;
    }

    private static void Change(CachedFile file, byte[] expected, int offset, int length)
    {
        byte[] bytes = Pages.Pattern(length, seed: offset);
        bytes.CopyTo(expected, offset);
        file.Write(offset, bytes);
    }

    private static void Step(string name, Action action)
    {
        _ = File.Exists(Mark + name);
        try
        {
            action();
            Console.WriteLine($"{name} done");
        }
        catch (IOException error)
        {
            Console.WriteLine($"{name} failed: {error.GetType().Name}");
        }
    }
}
