using System.IO.MemoryMappedFiles;
using Concord.Benchmarks.Interop;
using Microsoft.Win32.SafeHandles;

namespace Concord.Benchmarks.Workloads;

/// <summary>A read through Concord's cache.</summary>
internal readonly unsafe struct CachedRead(CachedFile file, byte* buffer) : IPageOperation
{
    public void Do(long offset) => file.Read(offset, new Span<byte>(buffer, RandomPages.PageBytes));
}

/// <summary>The system call.</summary>
internal readonly unsafe struct SystemRead(int file, byte* buffer) : IPageOperation
{
    public void Do(long offset)
    {
        if (Libc.Pread(file, buffer, RandomPages.PageBytes, offset) != RandomPages.PageBytes)
            throw new IOException("pread was short");
    }
}

/// <summary>A copy out of memory, a mapping or plain: what no cache can be faster than.</summary>
internal readonly unsafe struct MemoryRead(byte* memory, byte* buffer) : IPageOperation
{
    public void Do(long offset) =>
        Buffer.MemoryCopy(memory + offset, buffer, RandomPages.PageBytes, RandomPages.PageBytes);
}

/// <summary>What .NET programs call.</summary>
internal readonly unsafe struct RandomAccessRead(SafeFileHandle file, byte* buffer) : IPageOperation
{
    public void Do(long offset) => RandomAccess.Read(file, new Span<byte>(buffer, RandomPages.PageBytes), offset);
}

/// <summary>What .NET programs that map files call.</summary>
internal readonly struct AccessorRead(MemoryMappedViewAccessor view, byte[] buffer) : IPageOperation
{
    public void Do(long offset) => view.ReadArray(offset, buffer, 0, RandomPages.PageBytes);
}
