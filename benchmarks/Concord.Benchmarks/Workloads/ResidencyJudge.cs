using Concord.Benchmarks.Interop;
using Microsoft.Win32.SafeHandles;

namespace Concord.Benchmarks.Workloads;

/// <summary>
/// Asks the kernel how many pages of a file it holds: by cachestat, or where that is not offered by mincore on a
/// mapping that nobody touches, and that therefore holds no page.
/// </summary>
internal sealed unsafe class ResidencyJudge : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly long _bytes;
    private readonly FileMapping? _untouched;

    /// <param name="file">The file.</param>
    /// <param name="bytes">Its length.</param>
    /// <param name="allowCachestat">
    /// Whether cachestat may be asked; without it mincore is, as on an older kernel.
    /// </param>
    public ResidencyJudge(SafeFileHandle file, long bytes, bool allowCachestat = true)
    {
        _file = file;
        _bytes = bytes;
        if (!allowCachestat || Cachestat() is null) _untouched = new FileMapping(file, bytes);
    }

    public long CountResident() => _untouched is null
        ? Cachestat() ?? throw Libc.LastError("ask the kernel about the file's pages")
        : Mincore(_untouched);

    public void Dispose() => _untouched?.Dispose();

    private long? Cachestat()
    {
        ulong* range = stackalloc ulong[Libc.CachestatRangeWords] { 0, 0 };
        ulong* counts = stackalloc ulong[Libc.CachestatCountWords];
        return Libc.Cachestat(Libc.CachestatNumber, _file, range, counts, 0) == 0 ? (long)counts[0] : null;
    }

    private long Mincore(FileMapping mapping)
    {
        byte[] pages = new byte[_bytes / Environment.SystemPageSize];
        fixed (byte* first = pages)
        {
            if (Libc.Mincore(mapping.Address, mapping.Length, first) != 0)
                throw Libc.LastError("ask the kernel about the file's pages");
        }

        return pages.Count(page => (page & 1) != 0);
    }
}
