using Concord.Benchmarks.Interop;
using Concord.Memory;

namespace Concord.Benchmarks.Workloads;

/// <summary>
/// A file that native code changes through memory: either a writable view of Concord's cache, or a mapping of the
/// operating system's. Before a slice every page is mapped and dirty there, and in no other cache.
/// </summary>
internal sealed class MappedDirtyFile : IDisposable
{
    private readonly StoredFile _file;
    private readonly PageOrder _pages;
    private readonly MappedView _view;
    private readonly ResidencyJudge _section;
    private readonly ResidencyJudge _system;
    private FileMapping? _mapping;
    private byte _value;

    public MappedDirtyFile(TemporaryFolder folder, long bytes, StoreCaching caching)
    {
        _file = new StoredFile(folder, bytes, caching);
        _pages = PageOrder.Ascending((int)(bytes / RandomPages.PageBytes));
        _view = _file.Cached.MapView(new ByteRange(0, bytes), ViewAccess.ReadWrite);

        // Concord's cache is memory with a descriptor, of which the kernel is asked as of any file.
        _section = new ResidencyJudge(((SharedSection)_file.Cached.State.Section).Memory.Descriptor, bytes);
        _system = new ResidencyJudge(_file.Handle, bytes);
    }

    public long Bytes => _file.Bytes;

    /// <summary>Writes every page through the view.</summary>
    public void DirtyView()
    {
        Unmap();
        _file.MakeCold();
        _view.Prefault();
        NativeTouch.Write(_view.Address, _pages, ++_value);
        Translations.Prove(_view.Address, Bytes, _pages.Count);
        Require(_section.CountResident() == _pages.Count);
    }

    /// <summary>Writes every page through a mapping of the system's.</summary>
    public void DirtyMapping()
    {
        Unmap();
        _file.MakeCold();
        _mapping = new FileMapping(_file.Handle, Bytes);
        NativeTouch.Write(_mapping.Address, _pages, ++_value);
        Translations.Prove(_mapping.Address, Bytes, _pages.Count);
        Require(_system.CountResident() == _pages.Count);
    }

    /// <summary>What Concord says it has left, in pages.</summary>
    public long PurgeView() =>
        _file.Cached.FlushAndPurge().Left.Sum(
            static left => (left.Range.Length + RandomPages.PageBytes - 1) / RandomPages.PageBytes);

    /// <summary>What programs do today. Each call must say success, which says that nothing is left.</summary>
    public long PurgeMapping()
    {
        if (Libc.Msync(_mapping!.Address, _mapping.Length, Libc.MsyncSynchronous) != 0)
            throw Libc.LastError("flush a mapping");
        _file.Flush();
        _file.Advise();
        return 0;
    }

    /// <summary>
    /// What the kernel still has of Concord's memory, against what was said; and proves that the store has the bytes.
    /// </summary>
    public PagesLeft LeftOfView(long claimed)
    {
        RequireStored();
        return new PagesLeft(_section.CountResident(), claimed, _pages.Count);
    }

    /// <summary>What the kernel still has of the file.</summary>
    public PagesLeft LeftOfMapping(long claimed)
    {
        RequireStored();
        return new PagesLeft(_system.CountResident(), claimed, _pages.Count);
    }

    public void Dispose()
    {
        Unmap();
        _view.Dispose();
        _section.Dispose();
        _system.Dispose();
        _pages.Dispose();
        _file.Dispose();
    }

    private static void Require(bool holds)
    {
        if (!holds) throw new InvalidOperationException("pages that were just written are not in memory");
    }

    /// <summary>Past every cache: the first bytes of the first and the last piece are those written last.</summary>
    private unsafe void RequireStored()
    {
        foreach (long at in (long[])[0, Bytes - StoredFile.PieceBytes])
        {
            nint read = Libc.Pread((int)_file.Direct.DangerousGetHandle(), _file.Piece, StoredFile.PieceBytes, at);
            if (read != StoredFile.PieceBytes || *_file.Piece != _value)
                throw new InvalidOperationException("the disk does not have what was written");
        }
    }

    private void Unmap()
    {
        _mapping?.Dispose();
        _mapping = null;
    }
}
