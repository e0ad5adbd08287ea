using Concord.Interop.Linux;

namespace Concord.Tests.SystemCache;

/// <summary>The kernel's own answers about a file that this process owns: what our reports are judged by.</summary>
internal static unsafe class KernelView
{
    /// <summary>For each page, whether it is resident: <c>mincore</c> on a mapping of this call's own.</summary>
    internal static bool[] ResidentPages(string path)
    {
        int pageSize = Environment.SystemPageSize;
        long length = new FileInfo(path).Length;
        byte[] answers = new byte[(length + pageSize - 1) / pageSize];
        if (answers.Length == 0) return [];
        using FileDescriptor file = Libc.Open(path, Libc.OpenReadOnly | Libc.OpenNoAccessTime);
        using FileMapping mapping = new(file, 0, (long)answers.Length * pageSize);
        fixed (byte* start = answers)
        {
            if (Libc.Mincore(mapping.Address, (nint)answers.Length * pageSize, start) != 0)
                throw Libc.LastError("mincore");
        }

        return [.. answers.Select(answer => (answer & 1) != 0)];
    }

    /// <summary>
    /// Whether the kernel counts dirty pages for us; a filter of system calls or an old kernel may refuse.
    /// </summary>
    internal static bool CountsDirtyPages { get; } = AsksCachestat();

    /// <summary>Skips the running test where nobody but the operation itself could say what is dirty.</summary>
    internal static void NeedsDirtyCounts() =>
        Assert.SkipUnless(CountsDirtyPages, "the kernel refuses cachestat here, and nothing else counts dirty pages");

    internal static int Resident(string path) => ResidentPages(path).Count(resident => resident);

    /// <summary>
    /// Pages that are dirty or being written, by <c>cachestat</c>; on an overlay, ask about the upper file.
    /// </summary>
    internal static long Unwritten(string path, long offset = 0, long length = 0)
    {
        Libc.CachestatCounts counts = Counts(path, offset, length);
        return (long)(counts.Dirty + counts.WriteBack);
    }

    /// <summary>Pages that are dirty and not being written, by <c>cachestat</c>.</summary>
    internal static long Dirty(string path) => (long)Counts(path, offset: 0, length: 0).Dirty;

    private static Libc.CachestatCounts Counts(string path, long offset, long length)
    {
        NeedsDirtyCounts();
        using FileDescriptor file = Libc.Open(path, Libc.OpenReadOnly);
        Libc.CachestatRange range = new((ulong)offset, (ulong)length);
        if (Libc.Cachestat(file, range, out Libc.CachestatCounts counts) != 0)
        {
            throw Libc.LastError("cachestat");
        }

        return counts;
    }

    private static bool AsksCachestat()
    {
        if (!OperatingSystem.IsLinux()) return false;
        string ours = Path.GetTempFileName();
        try
        {
            using FileDescriptor file = Libc.Open(ours, Libc.OpenReadOnly);
            return Libc.Cachestat(file, new Libc.CachestatRange(0, 0), out _) == 0;
        }
        finally
        {
            File.Delete(ours);
        }
    }
}
