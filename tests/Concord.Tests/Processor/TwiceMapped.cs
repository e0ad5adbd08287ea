using System.IO.MemoryMappedFiles;

namespace Concord.Tests.Processor;

/// <summary>Memory that is mapped twice, at two addresses.</summary>
internal sealed unsafe class TwiceMapped : IDisposable
{
    private readonly MemoryMappedFile _memory;
    private readonly MemoryMappedViewAccessor[] _views;

    public TwiceMapped(int bytes)
    {
        Bytes = bytes;
        _memory = MemoryMappedFile.CreateNew(null, bytes);
        _views = [_memory.CreateViewAccessor(), _memory.CreateViewAccessor()];
        First = Address(_views[0]);
        Second = Address(_views[1]);
        Assert.NotEqual((nint)First, (nint)Second);
        new Span<byte>(First, bytes).Fill(1);
        Assert.False(new ReadOnlySpan<byte>(Second, bytes).ContainsAnyExcept((byte)1),
            "both mappings show the same memory");
    }

    public int Bytes { get; }

    public byte* First { get; }

    public byte* Second { get; }

    public void Dispose()
    {
        foreach (var view in _views)
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            view.Dispose();
        }

        _memory.Dispose();
    }

    private static byte* Address(MemoryMappedViewAccessor view)
    {
        byte* address = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref address);
        return address;
    }
}
