using Concord;
using Cookbook.Interop;

namespace Cookbook;

/// <summary>
/// A function of the C library searches a file as if it were memory, four times as long as the cache. Pages come when
/// it touches them, and go when the cache needs room.
/// </summary>
internal static class NativeView
{
    private const int FileBytes = 16 << 20, Wanted = 15_000_000;

    internal static void Run(string folder)
    {
        string path = Path.Combine(folder, "file");
        byte[] content = new byte[FileBytes];
        content[Wanted] = 1;
        File.WriteAllBytes(path, content);
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = FileBytes / 4 });
        using var file = cache.Open(path, FileMode.Open, FileAccess.ReadWrite);
        using var view = file.MapView(new ByteRange(0, file.Length));
        view.Advise(ViewAdvice.Sequential);
        nint found = Libc.MemoryFind(view.Address, 1, (nuint)view.Length) - view.Address;
        if (found != Wanted) throw new InvalidDataException($"found at {found}");

        // A write through the cache is seen at the view's address at once.
        file.Write(1000, [1]);
        found = Libc.MemoryFind(view.Address, 1, (nuint)view.Length) - view.Address;
        if (found != 1000) throw new InvalidDataException($"found at {found}");
        Console.WriteLine(
            $"  memchr went through {FileBytes >> 20} MiB; {cache.ResidentBytes >> 20} MiB of them are in memory");
    }
}
