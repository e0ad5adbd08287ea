using Concord.Benchmarks.Interop;
using Microsoft.Win32.SafeHandles;

namespace Concord.Benchmarks.Workloads;

/// <summary>A shared, writable mapping of a whole file.</summary>
internal sealed unsafe class FileMapping : IDisposable
{
    private static byte Sink;

    public FileMapping(SafeFileHandle file, long bytes)
    {
        Length = (nint)bytes;
        Address = Libc.Mmap(0, Length, Libc.ProtRead | Libc.ProtWrite, Libc.MapShared, file, 0);
        if (Address == Libc.MapFailed) throw Libc.LastError("map the file");
    }

    public nint Address { get; private set; }

    public nint Length { get; }

    /// <summary>Reads one byte of every page, so that this process maps every one.</summary>
    public void Touch()
    {
        for (nint at = 0; at < Length; at += Environment.SystemPageSize) Sink += *(byte*)(Address + at);
    }

    public void Dispose()
    {
        if (Address == 0) return;
        if (Libc.Munmap(Address, Length) != 0) throw Libc.LastError("unmap the file");
        Address = 0;
    }
}
