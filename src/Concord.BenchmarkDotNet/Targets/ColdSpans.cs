using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Concord.BenchmarkDotNet.Targets;

/// <summary>The elements of an array of any rank.</summary>
internal sealed class ColdArray<T>(Array array) : ColdMemory
    where T : struct
{
    public override bool IsCollected => true;

    public override void Flush()
    {
        if (array.Length == 0) return;
        ref T first = ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(array));
        ColdSpan.Flush<T>(MemoryMarshal.CreateReadOnlySpan(ref first, array.Length));
    }
}

/// <summary>The elements of a <see cref="Memory{T}"/> or <see cref="ReadOnlyMemory{T}"/>.</summary>
internal sealed class ColdMemoryOf<T>(ReadOnlyMemory<T> memory) : ColdMemory
    where T : struct
{
    public override bool IsCollected => !MemoryMarshal.TryGetMemoryManager(memory, out MemoryManager<T>? _);

    public override void Flush() => ColdSpan.Flush(memory.Span);
}

/// <summary>The characters of a string.</summary>
internal sealed class ColdString(string text) : ColdMemory
{
    public override bool IsCollected => true;

    public override void Flush() => ColdSpan.Flush<char>(text);
}

/// <summary>Several memories, one after the other.</summary>
internal sealed class ColdGroup(ColdMemory[] members) : ColdMemory
{
    public override bool IsCollected => members.All(static member => member.IsCollected);

    public override void Flush()
    {
        foreach (ColdMemory member in members) member.Flush();
    }
}

/// <summary>Flushes elements as bytes.</summary>
internal static class ColdSpan
{
    /// <summary>A span of bytes ends at 2 GiB, an array of longs does not: longer ones go in pieces.</summary>
    private const int BytesPerPiece = 1 << 30;

    public static void Flush<T>(ReadOnlySpan<T> elements)
        where T : struct
    {
        int elementsPerPiece = BytesPerPiece / Unsafe.SizeOf<T>();
        while (elements.Length > elementsPerPiece)
        {
            ProcessorCache.FlushAndInvalidate(MemoryMarshal.AsBytes(elements[..elementsPerPiece]));
            elements = elements[elementsPerPiece..];
        }

        ProcessorCache.FlushAndInvalidate(MemoryMarshal.AsBytes(elements));
    }
}
