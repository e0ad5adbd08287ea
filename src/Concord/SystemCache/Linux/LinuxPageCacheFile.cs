using System.Runtime.InteropServices;
using Concord.Interop;
using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>A file in the page cache of Linux: each member calls one class of this folder.</summary>
internal sealed class LinuxPageCacheFile : PageCacheFile
{
    private readonly FoundFile _found;
    private readonly Residency _residency;
    private RangeWriter? _rangeWriter;
    private ListedFile? _listed;

    private LinuxPageCacheFile(FoundFile found, ResidencySources sources)
    {
        _found = found;
        Identity = new FileIdentity(found.Status.Device, found.Status.Number, null);
        _residency = new(found, sources);
    }

    internal override string FileSystem => Type.NameAt(_found.Look().Mount);

    internal override object Identity { get; }

    internal override bool StoreIsMemory => Type.StoreIsMemory;

    internal override bool WritesBackRanges => !Type.KeepsNoPages && Writer.IsAvailable;

    internal override long Length => _found.Look().Length;

    internal override long LengthWhenOpened => _found.Status.Length;

    internal override string? Server => Type.Server;

    internal override bool KeepsNoPages => Type.KeepsNoPages;

    internal override bool OpeningDropsPages => Type.OpeningDropsPages;

    internal override string WhyUnknown => _residency.WhyUnknown;

    internal override object? Volume =>
        Type.SyncTellsErrors && KernelVersion.SyncTellsErrors && _found.IsOpen ? _found.Status.Device : null;

    private FileSystemType Type => _found.Type;

    private FileDescriptor File => _found.Opened;

    /// <summary>The file's key in lists of mappings, or null while it cannot be mapped.</summary>
    private ListedFile? Listed => Type.KeepsNoPages ? null : _listed ??= ListedFile.Find(File);

    private RangeWriter Writer =>
        LazyInitializer.EnsureInitialized(ref _rangeWriter, () => new(File, Type, _found.Status.IsExecutable));

    /// <summary>Finds a file, and opens it unless opening alone would have an effect.</summary>
    internal static LinuxPageCacheFile Open(string path, ResidencySources sources = ResidencySources.All)
    {
        var file = new LinuxPageCacheFile(FoundFile.Find(path), sources);
        try
        {
            file.OpenFound();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Finds a file in an open directory, and does not open it yet.</summary>
    internal static LinuxPageCacheFile FindIn(int directory, string name, string path) =>
        new(FoundFile.FindIn(directory, name, path), ResidencySources.All);

    /// <summary>The file's status when it was found.</summary>
    internal FileStatus Status => _found.Status;

    internal override void OpenFound()
    {
        if (!Type.OpeningDropsPages && !Type.KeepsNoPages) _ = _found.Opened;
    }

    internal override PageCounts Count(ByteRange range) => _residency.Count(range);

    internal override PageMap? Map(ByteRange range) => _residency.Map(range);

    internal override void WritePiece(ByteRange piece)
    {
        if (Type.KeepsNoPages) return;
        if (Libc.SyncFileRange(File, piece.Offset, piece.Length, Libc.SyncFileRangeWriteAndWait) != 0)
        {
            throw Libc.LastError("write back a piece of the file");
        }
    }

    internal override void WriteBack(ByteRange? range)
    {
        if (Type.KeepsNoPages) return;
        if (range is { } part && Writer.IsAvailable && Writer.TryWriteBack(part)) return;
        while (Libc.Fdatasync(File) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error == ErrorNumber.Interrupted) continue;

            // File systems that never write (squashfs, iso9660) have no such call and refuse
            // it: there is nothing to flush.
            if (error == ErrorNumber.InvalidArgument) return;
            throw Libc.LastError("write the file back");
        }
    }

    internal override void BeginWriteBack(ByteRange range)
    {
        // An error is kept for the write-back that follows.
        if (!Type.KeepsNoPages) _ = Libc.SyncFileRange(File, range.Offset, range.Length, Libc.SyncFileRangeWrite);
    }

    internal override void WriteBackVolume()
    {
        while (Libc.Syncfs(File) != 0)
        {
            if (Marshal.GetLastPInvokeError() != ErrorNumber.Interrupted) throw Libc.LastError("sync the file system");
        }
    }

    internal override void Drop(ByteRange range)
    {
        if (Type.KeepsNoPages) return;
        int error = Libc.PosixFadvise(File, range.Offset, range.Length, Libc.FadviseDontNeed);
        if (error == 0) return;
        throw new IOException($"cannot drop pages: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})", error);
    }

    internal override void SeparateEnds(ByteRange range)
    {
        _ = AccessTime.Keep(File);
        long page = PageRange.PageSize;
        FolioSplitter.Split(File, _residency, new ByteRange(range.Offset, page));
        FolioSplitter.Split(File, _residency, new ByteRange(range.End - page, page));
    }

    internal override Mappings FindMappings(ByteRange range)
    {
        if (!Type.KeepsNoPages) _ = AccessTime.Keep(File);
        return MappingProcesses.Find(Listed, range);
    }

    internal override void Trim(Mappings mappings)
    {
        if (Listed is { } listed) Trimmer.PageOut(listed, mappings);
    }

    internal override IReadOnlyList<LeftRange> Explain(PageMap left, Mappings mappings) =>
        new HolderReport(Listed, mappings, _residency).Explain(left);

    internal override void LoadPiece(ByteRange piece)
    {
        if (Type.KeepsNoPages) return;
        _ = AccessTime.Keep(File);
        Loading.Load(File, piece);
    }

    public override void Dispose()
    {
        _rangeWriter?.Dispose();
        _found.Dispose();
    }
}
