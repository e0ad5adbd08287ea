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

    private const int Caches = 60, FilePages = 64;

    /// <param name="args">The kind of section, what is done with each file, and a folder.</param>
    internal static int Run(string[] args)
    {
        var kind = Enum.Parse<SectionKind>(args[0]);
        var (manner, folder) = (args[1], args[2]);
        MakeAndDrop(kind, manner, System.IO.Path.Combine(folder, "first"));
        long before = AddressSpace(), most = before;
        for (int i = 0; i < Caches; i++)
        {
            MakeAndDrop(kind, manner, System.IO.Path.Combine(folder, $"{i}"));
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
    private static void MakeAndDrop(SectionKind kind, string manner, string path)
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
        if (manner == "dirty") file.Write(0, Pages.Of(7, FilePages));
        if (manner != "view") return;
        using var view = file.MapView(new ByteRange(0, Pages.Bytes), ViewAccess.ReadWrite);
        Views.NativeMemory.Write(view, 0, Pages.Of(7));
    }

    private static string TargetOf(string descriptor) => new FileInfo(descriptor).LinkTarget ?? "";

    private static long AddressSpace()
    {
        string line = File.ReadLines("/proc/self/status").First(static line => line.StartsWith("VmSize:"));
        string size = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[^2];
        return long.Parse(size, CultureInfo.InvariantCulture) >> 20;
    }
}
