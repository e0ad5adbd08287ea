using Concord.Nt;
using Concord.Tests.Caching;
using static Concord.Nt.Ntifs;

namespace Concord.Tests.Nt;

/// <summary>
/// A file in Concord's cache over a scripted store, and its NT handle; nothing happens in the background.
/// </summary>
internal sealed unsafe class CoherencyFixture : IDisposable
{
    internal CoherencyFixture(int pages, int capacityPages = 64, byte fill = 1)
    {
        Store = new ScriptedStore(Pages.Of(fill, pages));
        Cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = capacityPages * Pages.Bytes,
            LazyWriterInterval = TimeSpan.Zero,
        });
        File = Cache.Open(Store);
        Nt = NtFile.From(File);
    }

    internal ScriptedStore Store { get; }

    internal FileCache Cache { get; }

    internal CachedFile File { get; }

    internal NtFile Nt { get; }

    /// <summary>Fills a page through the cache.</summary>
    internal void WritePage(long page, byte value) => File.Write(page * Pages.Bytes, Pages.Of(value));

    internal byte[] StorePage(long page) => Store.Content[(int)(page * Pages.Bytes)..(int)((page + 1) * Pages.Bytes)];

    /// <summary>The routine on a range, with the file acquired exclusively.</summary>
    internal IO_STATUS_BLOCK Call(ByteRange range, uint flags = 0) => Call(range.Offset, (uint)range.Length, flags);

    internal IO_STATUS_BLOCK Call(long offset, uint length, uint flags = 0)
    {
        Nt.AcquireExclusive();
        try
        {
            var start = new LARGE_INTEGER { QuadPart = offset };
            return Raw(Nt.SectionObjectPointer, &start, length, flags);
        }
        finally
        {
            Nt.Release();
        }
    }

    /// <summary>The routine on the whole file.</summary>
    internal IO_STATUS_BLOCK CallWhole(uint length = 0, uint flags = 0)
    {
        Nt.AcquireExclusive();
        try
        {
            return Raw(Nt.SectionObjectPointer, null, length, flags);
        }
        finally
        {
            Nt.Release();
        }
    }

    /// <summary>The routine as it is, with a result that shows whether it was written.</summary>
    internal static IO_STATUS_BLOCK Raw(SECTION_OBJECT_POINTERS* pointers, LARGE_INTEGER* offset, uint length,
        uint flags)
    {
        var status = new IO_STATUS_BLOCK { Status = new NTSTATUS(0xDEADBEEF), Information = 0xDEAD };
        CcCoherencyFlushAndPurgeCache(pointers, offset, length, &status, flags);
        return status;
    }

    internal static void AssertIs(NTSTATUS status, long information, IO_STATUS_BLOCK result)
    {
        Assert.Equal(status, result.Status);
        Assert.Equal((nuint)information, result.Information);
    }

    public void Dispose()
    {
        Store.Fails = static _ => null;
        Nt.Dispose();
        Cache.Dispose();
        Assert.Empty(Cache.FailedFiles);
    }
}
