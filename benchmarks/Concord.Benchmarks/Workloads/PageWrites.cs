using Concord.Benchmarks.Interop;

namespace Concord.Benchmarks.Workloads;

/// <summary>A write through Concord's cache.</summary>
internal readonly unsafe struct CachedWrite(CachedFile file, byte* buffer) : IPageOperation
{
    public void Do(long offset) => file.Write(offset, new ReadOnlySpan<byte>(buffer, RandomPages.PageBytes));
}

/// <summary>The system call.</summary>
internal readonly unsafe struct SystemWrite(int file, byte* buffer) : IPageOperation
{
    public void Do(long offset)
    {
        if (Libc.Pwrite(file, buffer, RandomPages.PageBytes, offset) != RandomPages.PageBytes)
            throw new IOException("pwrite was short");
    }
}

/// <summary>A copy into memory.</summary>
internal readonly unsafe struct MemoryWrite(byte* memory, byte* buffer) : IPageOperation
{
    public void Do(long offset) =>
        Buffer.MemoryCopy(buffer, memory + offset, RandomPages.PageBytes, RandomPages.PageBytes);
}
