using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Concord.Cli.Processor;

/// <summary>
/// Lines that name each other in a random circle: each load needs the one before, so the processor can neither
/// overlap them nor guess the next, and the time of the walk is the time of the loads.
/// </summary>
internal sealed unsafe class LineChain : IDisposable
{
    /// <summary>The number of lines, which easily fits the smallest first-level cache.</summary>
    internal const int Lines = 256;

    private const int Seed = 1;

    private readonly byte* _memory;
    private readonly int _bytes;

    internal LineChain(int lineSize)
    {
        _bytes = Lines * lineSize;
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)_bytes, (nuint)Environment.SystemPageSize);
        Link(lineSize);
    }

    internal ReadOnlySpan<byte> Memory => new(_memory, _bytes);

    /// <summary>Nanoseconds a line takes, over one walk round the circle.</summary>
    internal double Walk()
    {
        long start = Stopwatch.GetTimestamp();
        nint* at = (nint*)_memory;
        for (int i = 0; i < Lines; i++) at = (nint*)*at;
        long end = Stopwatch.GetTimestamp();
        // The circle ends where it began; the check keeps the walk from being optimised away.
        Debug.Assert(at == _memory, "a walk of all lines comes back to the first");
        if (at != _memory) throw new InvalidOperationException("the chain of lines is broken");
        return (end - start) * 1e9 / Stopwatch.Frequency / Lines;
    }

    public void Dispose() => NativeMemory.AlignedFree(_memory);

    private void Link(int lineSize)
    {
        var order = new int[Lines];
        for (int i = 0; i < Lines; i++) order[i] = i;
        new Random(Seed).Shuffle(order.AsSpan(1));
        for (int i = 0; i < Lines; i++)
        {
            *(nint*)(_memory + ((long)order[i] * lineSize)) = (nint)(_memory
                + ((long)order[(i + 1) % Lines] * lineSize));
        }
    }
}
