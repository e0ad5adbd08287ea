using Concord.Benchmarks.Interop;
using Microsoft.Win32.SafeHandles;

namespace Concord.Benchmarks.Workloads;

/// <summary>
/// A file whose pages are all made dirty before each slice. What the kernel holds of it is asked of the kernel, not
/// of the library that is measured.
/// </summary>
internal sealed class DirtyFile : IDisposable
{
    private const int WriteBytes = 1 << 20;

    private readonly byte[] _piece = GC.AllocateUninitializedArray<byte>(WriteBytes);
    private readonly ResidencyJudge _judge;
    private byte _value;

    public DirtyFile(TemporaryFolder folder, long bytes)
    {
        Path = folder["dirty"];
        Bytes = bytes;
        Handle = File.OpenHandle(Path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite,
            preallocationSize: bytes);
        _judge = new ResidencyJudge(Handle, bytes);
        SystemFile = SystemFile.Open(Path);
    }

    public string Path { get; }

    public long Bytes { get; }

    public SafeFileHandle Handle { get; }

    /// <summary>The same file as the library under measurement opened it.</summary>
    public SystemFile SystemFile { get; }

    public long Pages => Bytes / Environment.SystemPageSize;

    /// <summary>How many of the pages the kernel holds now.</summary>
    public long ResidentPages => _judge.CountResident();

    /// <summary>Writes every page anew, and proves that every one is in the cache.</summary>
    public void MakeDirty()
    {
        _piece.AsSpan().Fill(++_value);
        for (long offset = 0; offset < Bytes; offset += WriteBytes) RandomAccess.Write(Handle, _piece, offset);

        long resident = ResidentPages;
        if (resident != Pages)
            throw new InvalidOperationException($"of {Pages} pages just written only {resident} are in the cache: the "
                + "machine is short of memory, or the kernel cannot be asked about this file system");
    }

    /// <summary>What a program does today: make the file durable, then ask the kernel to drop it.</summary>
    public void FlushAndAdvise()
    {
        Flush();
        int error = Libc.PosixFadvise(Handle, 0, 0, Libc.FadviseDontNeed);
        if (error != 0) throw Libc.Error("advise the kernel to drop the file", error);
    }

    /// <summary>Makes the file durable.</summary>
    public void Flush()
    {
        if (Libc.Fdatasync(Handle) != 0) throw Libc.LastError("flush the file");
    }

    public void Dispose()
    {
        SystemFile.Dispose();
        _judge.Dispose();
        Handle.Dispose();
        File.Delete(Path);
    }
}
