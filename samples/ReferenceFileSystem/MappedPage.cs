using Concord.Nt;
using static Concord.Nt.Ntifs;

namespace ReferenceFileSystem;

/// <summary>
/// The first page of a file held in memory, as a file system holds its own structures; nobody can purge it.
/// </summary>
public sealed unsafe class MappedPage : IDisposable
{
    private readonly void* _bcb;

    public MappedPage(FileHandle handle)
    {
        void* bcb, buffer;
        var start = default(LARGE_INTEGER);
        _ = CcMapData(handle.Nt.FileObject, &start, 1, MAP_WAIT, &bcb, &buffer);
        _bcb = bcb;
    }

    public void Dispose() => CcUnpinData(_bcb);
}
