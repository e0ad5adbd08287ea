using Concord.Interop.Linux;

namespace Concord.Tests.SystemCache;

/// <summary>A mapping of a whole file that tests touch, write, and lock.</summary>
internal sealed unsafe class TestMapping : IDisposable
{
    internal TestMapping(string path, bool isShared = true, bool isWritable = true)
    {
        Length = new FileInfo(path).Length;
        using FileDescriptor file = Libc.Open(path, isWritable && isShared ? Libc.OpenReadWrite : Libc.OpenReadOnly);
        nint address = Libc.Mmap(
            0, (nint)Length, isWritable ? Libc.ProtRead | Libc.ProtWrite : Libc.ProtRead,
            isShared ? Libc.MapShared : Libc.MapPrivate, (int)file.DangerousGetHandle(), 0);
        if (address == Libc.MapFailed) throw Libc.LastError($"map {path}");
        Bytes = (byte*)address;
    }

    internal byte* Bytes { get; private set; }

    internal long Length { get; }

    /// <summary>Reads a byte of every page, so that every page is in this process's page table.</summary>
    internal long Touch()
    {
        long sum = 0;
        for (long at = 0; at < Length; at += Environment.SystemPageSize) sum += Volatile.Read(ref Bytes[at]);
        return sum;
    }

    public void Dispose()
    {
        if (Bytes is null) return;
        _ = Libc.Munmap((nint)Bytes, (nint)Length);
        Bytes = null;
    }
}
