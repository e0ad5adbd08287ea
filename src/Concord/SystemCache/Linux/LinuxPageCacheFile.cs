using System.Runtime.InteropServices;
using Concord.Interop;
using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>A file in the page cache of Linux: each member is one concept of this folder.</summary>
internal sealed class LinuxPageCacheFile : PageCacheFile
{
    private readonly FileDescriptor _file;
    private readonly FileSystemType _type;
    private readonly ulong _mount;
    private readonly bool _isExecutable;
    private readonly Residency _residency;
    private RangeWriter? _rangeWriter;
    private ListedFile? _listed;

    private LinuxPageCacheFile(FileDescriptor file, in FileStatus status, ResidencySources sources)
    {
        _file = file;
        _type = FileSystemType.Of(file);
        _mount = status.Mount;
        _isExecutable = status.IsExecutable;
        Identity = new FileIdentity(status.Device, status.Number, null);
        _residency = new(file, _type, sources);
    }

    internal override string FileSystem => _type.NameAt(_mount);

    internal override object Identity { get; }

    internal override bool StoreIsMemory => _type.StoreIsMemory;

    internal override bool WritesBackRanges => Writer.IsAvailable;

    internal override long Length =>
        Libc.Statx(_file, "", Libc.AtEmptyPath, Libc.StatxWanted, out FileStatus status) == 0
            ? status.Length
            : throw Libc.LastError("ask for the length of the file");

    /// <summary>What stands for the file in lists of mappings, or null while it cannot be mapped.</summary>
    private ListedFile? Listed => _listed ??= ListedFile.Find(_file);

    private RangeWriter Writer =>
        LazyInitializer.EnsureInitialized(ref _rangeWriter, () => new(_file, _type, _isExecutable));

    internal static LinuxPageCacheFile Open(string path, ResidencySources sources = ResidencySources.All)
    {
        FileDescriptor file = FileOpening.Open(path, out FileStatus status);
        return new(file, status, sources);
    }

    internal override PageCounts Count(ByteRange range) => _residency.Count(range);

    internal override PageMap? Map(ByteRange range) => _residency.Map(range);

    internal override void WritePiece(ByteRange piece)
    {
        if (Libc.SyncFileRange(_file, piece.Offset, piece.Length, Libc.SyncFileRangeWriteAndWait) != 0)
        {
            throw Libc.LastError("write back a piece of the file");
        }
    }

    internal override void WriteBack(ByteRange? range)
    {
        if (range is { } part && Writer.IsAvailable)
        {
            Writer.WriteBack(part);
            return;
        }

        while (Libc.Fdatasync(_file) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error == ErrorNumber.Interrupted) continue;

            // File systems that never write (squashfs, iso9660, proc) have no such call and say so: nothing is owed.
            if (error == ErrorNumber.InvalidArgument) return;
            throw Libc.LastError("write the file back");
        }
    }

    internal override void Drop(ByteRange range)
    {
        int error = Libc.PosixFadvise(_file, range.Offset, range.Length, Libc.FadviseDontNeed);
        if (error == 0) return;
        throw new IOException($"cannot drop pages: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})", error);
    }

    internal override void SeparateEnds(ByteRange range)
    {
        _ = AccessTime.Keep(_file);
        long page = PageRange.PageSize;
        FolioSplitter.Split(_file, _residency, new ByteRange(range.Offset, page));
        FolioSplitter.Split(_file, _residency, new ByteRange(range.End - page, page));
    }

    internal override Mappings FindMappings(ByteRange range)
    {
        _ = AccessTime.Keep(_file);
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
        _ = AccessTime.Keep(_file);
        Loading.Load(_file, piece);
    }

    public override void Dispose()
    {
        _rangeWriter?.Dispose();
        _file.Dispose();
    }
}
