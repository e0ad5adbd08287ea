using System.Diagnostics;
using System.Reflection;
using Concord.Tests.Caching;
using Concord.Tests.Caching.Views;
using Concord.Tests.House;

namespace Concord.Tests.Variants;

/// <summary>
/// <c>--paths</c>: which types of Memory, Caching and Files a few calls go through, found by running them, and which
/// types most others name. To be looked at, and held at nothing: types can be merged until a figure is small.
/// </summary>
internal static class PathsCommand
{
    internal const string ChildName = "paths";

    private const int NamedMost = 10;

    internal static int Run()
    {
        var sources = LibrarySources.Load();
        using var folder = new VariantFolder(ChildName);
        sources.Emit(folder.Library, PathMarks.In(sources));
        var start = new ProcessStartInfo(folder.Program);
        start.ArgumentList.Add("--child");
        start.ArgumentList.Add(ChildName);
        using (var child = Process.Start(start)!)
        {
            child.WaitForExit();
            if (child.ExitCode != 0) return child.ExitCode;
        }

        var named = LibraryTypes.Repository.Edges().SelectMany(static edge => edge.Value).GroupBy(static type => type)
            .Select(static type => (Name: type.Key, Count: type.Count()))
            .OrderByDescending(static type => type.Count).ThenBy(static type => type.Name, StringComparer.Ordinal);
        Console.WriteLine("\n| type | named by so many others |\n|---|---|");
        foreach (var (name, count) in named.Take(NamedMost)) Console.WriteLine($"| {name} | {count} |");
        Console.WriteLine("\nrings of types: " + string.Join(
            "; ", LibraryTypes.Repository.Cycles().Select(static ring => string.Join(", ", ring))));
        return 0;
    }

    /// <summary>In the marked library: runs the calls and prints their types.</summary>
    internal static int RunMarked()
    {
        var record = typeof(FileCache).Assembly.GetType(PathMarks.Recorder)!
            .GetMethod("Record", BindingFlags.Static | BindingFlags.Public)!.CreateDelegate<Func<Action, string[]>>();
        var options = new FileCacheOptions { CapacityBytes = 256 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero };
        using var cache = new FileCache(options);
        using var file = cache.Open(new MemoryStore(new byte[256 * Pages.Bytes]));
        byte[] page = new byte[Pages.Bytes];
        file.Read(0, page);
        List<(string Call, string[] Entered)> paths = [("a read hit", record(() => file.Read(0, page)))];
        paths.Add(("a read miss", record(() => file.Read(100 * Pages.Bytes, page))));
        file.Write(0, page);
        paths.Add(("a flush and purge of one dirty page", record(() => file.FlushAndPurge(Pages.Range(0)))));
        if (cache.Services.Views.Faults.UnsupportedReason.Length == 0)
        {
            paths.Add(("a view: map, touch, unmap", record(() =>
            {
                using var view = file.MapView(Pages.Range(0, 4));
                NativeMemory.Read(view, 0, 1);
            })));
        }

        Print(paths);
        return 0;
    }

    private static void Print(List<(string Call, string[] Entered)> paths)
    {
        Console.WriteLine("| call | types | moves between them |\n|---|---|---|");
        foreach (var (call, entered) in paths)
        {
            int moves = entered.Zip(entered.Skip(1)).Count(static pair => pair.First != pair.Second);
            Console.WriteLine($"| {call} | {entered.Distinct().Count()} | {moves} |");
        }

        foreach (var (call, entered) in paths)
        {
            Console.WriteLine($"\n{call}: {string.Join(", ", entered.Distinct().Order(StringComparer.Ordinal))}");
        }
    }
}
