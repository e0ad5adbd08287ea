using System.Buffers;
using System.Runtime.InteropServices;

namespace Concord.Tests.BenchmarkDotNet;

/// <summary>
/// Memory with an owner who frees it, and who notices each flush: a flush asks for the span, and a benchmark reads by
/// the address. It says whether an invocation was made cold, and whether somebody flushes what was freed.
/// </summary>
public sealed unsafe class WatchedMemory : MemoryManager<byte>
{
    private const int Length = 4096;

    private byte* _bytes = (byte*)NativeMemory.AllocZeroed(Length);
    private long _flushes;
    private long _flushesSeen;

    /// <summary>Reads a byte, and fails unless the memory was flushed since the last time.</summary>
    public int ReadCold()
    {
        if (_flushes == _flushesSeen) throw new InvalidOperationException("this invocation was not made cold");
        _flushesSeen = _flushes;
        return ReadHot();
    }

    /// <summary>Reads a byte, however warm it is.</summary>
    public int ReadHot() => _bytes is null ? throw new ObjectDisposedException(nameof(WatchedMemory)) : _bytes[0];

    /// <inheritdoc/>
    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(_bytes is null, this);
        _flushes++;
        return new Span<byte>(_bytes, Length);
    }

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new(_bytes + elementIndex);

    /// <inheritdoc/>
    public override void Unpin()
    {
        // Native memory does not move.
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        NativeMemory.Free(_bytes);
        _bytes = null;
    }
}
