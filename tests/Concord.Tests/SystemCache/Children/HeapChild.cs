using System.Globalization;
using System.Runtime.InteropServices;
using Concord.Interop.Linux;
using Concord.SystemCache.Linux;
using Concord.Tests.Interop;

namespace Concord.Tests.SystemCache.Children;

/// <summary>
/// Purges a file, <c>PATH PURGES</c>, while another thread asks about it through an object of its own, in a process
/// whose list of mappings is long and that locks a page of the file, so that no purge is done at the first attempt.
/// After each purge it trims again and again, which is the step that acts on addresses. Meanwhile other threads
/// allocate blocks of memory, fill them and look whether they stay as they are. Says <c>damaged BLOCKS of BLOCKS</c>.
/// </summary>
internal static unsafe class HeapChild
{
    internal const string Name = "system-cache-heap";

    /// <summary>
    /// Makes the C library take each block from the system and give it back, as the temporary mappings are.
    /// </summary>
    internal static readonly Dictionary<string, string> Environment = new() { ["MALLOC_MMAP_THRESHOLD_"] = "65536" };

    /// <summary>Longer than the list of most programs: reading it takes milliseconds, in which it ages.</summary>
    private const int Mappings = 2_000;

    private const int HeapThreads = 2, LooksPerBlock = 4, TrimsPerPurge = 100;

    internal static int Run(string[] args)
    {
        int purges = int.Parse(args[1], CultureInfo.InvariantCulture);
        MakeListLong();
        using TestMapping mapping = new(args[0]);
        Native.Succeeded(Native.Mlock((nint)mapping.Bytes, System.Environment.SystemPageSize),
            "lock a page of the file");
        nuint blockBytes = (nuint)mapping.Length;
        using LinuxPageCacheFile trimmed = LinuxPageCacheFile.Open(args[0]);
        using SystemFile one = new(args[0], trimmed);
        using SystemFile two = new(args[0], LinuxPageCacheFile.Open(args[0], ResidencySources.Mincore));
        bool isDone = false;
        long blocks = 0, damaged = 0;
        Thread[] heap = [.. Enumerable.Range(1, HeapThreads).Select(number => new Thread(() =>
        {
            for (ulong pattern = (ulong)number; !Volatile.Read(ref isDone); pattern += HeapThreads)
            {
                if (!KeepsItsBytes(blockBytes, pattern)) Interlocked.Increment(ref damaged);
                Interlocked.Increment(ref blocks);
            }
        }))];
        Thread asking = new(() =>
        {
            while (!Volatile.Read(ref isDone)) two.Query(ResidencyDetail.Counts);
        });
        Thread[] others = [.. heap, asking];
        foreach (Thread thread in others) thread.Start();
        for (int purge = 0; purge < purges; purge++)
        {
            one.FlushAndPurge();
            Concord.SystemCache.Mappings found = trimmed.FindMappings(new ByteRange(0, mapping.Length));
            for (int trim = 0; trim < TrimsPerPurge; trim++) trimmed.Trim(found);
        }

        Volatile.Write(ref isDone, true);
        foreach (Thread thread in others) thread.Join();
        Console.WriteLine($"damaged {damaged} of {blocks}");
        return 0;
    }

    /// <summary>Every second page of a reservation gets another protection: so many mappings.</summary>
    private static void MakeListLong()
    {
        nint page = System.Environment.SystemPageSize;
        nint start = Libc.Mmap(0, Mappings * page, Libc.ProtNone,
            Libc.MapPrivate | Libc.MapAnonymous | Libc.MapNoReserve, -1, 0);
        if (start == Libc.MapFailed) throw Libc.LastError("reserve addresses");
        for (nint at = 0; at < Mappings; at += 2)
        {
            if (Libc.Mprotect(start + (at * page), page, Libc.ProtRead) != 0) throw Libc.LastError("split a mapping");
        }
    }

    private static bool KeepsItsBytes(nuint bytes, ulong pattern)
    {
        void* block = NativeMemory.Alloc(bytes);
        var words = new Span<ulong>(block, (int)(bytes / sizeof(ulong)));
        words.Fill(pattern);
        bool isWhole = true;
        for (int look = 0; look < LooksPerBlock; look++) isWhole &= !words.ContainsAnyExcept(pattern);
        NativeMemory.Free(block);
        return isWhole;
    }
}
