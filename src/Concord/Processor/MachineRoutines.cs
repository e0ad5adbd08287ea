using System.Runtime.CompilerServices;

namespace Concord.Processor;

/// <summary>The routines in machine code for one instruction.</summary>
/// <remarks>
/// Calls suppress the transition between managed and native code, which would cost as much as flushing a dozen lines.
/// The price is that no collection can begin during a call; hence <see cref="PieceBytes"/>. The compiler polls for a
/// collection after each call.
/// </remarks>
internal readonly unsafe struct MachineRoutines : ILineRoutines
{
    private readonly delegate* unmanaged[SuppressGCTransition]<nuint, nuint, void> _touchLines;
    private readonly delegate* unmanaged[SuppressGCTransition]<void> _fence;
    private readonly bool _opensWithFence;

    /// <summary>Names the routines.</summary>
    /// <param name="instruction">The instruction that <paramref name="touchLines"/> repeats.</param>
    /// <param name="lineSize">Bytes a line.</param>
    /// <param name="touchLines">The address of the routine that touches lines.</param>
    /// <param name="fence">The address of the routine that fences.</param>
    internal MachineRoutines(CacheInstruction instruction, int lineSize, nint touchLines, nint fence)
    {
        Instruction = instruction;
        LineSize = (nuint)lineSize;
        PieceBytes = Math.Max(instruction.PieceBytes(), LineSize);
        _touchLines = (delegate* unmanaged[SuppressGCTransition]<nuint, nuint, void>)touchLines;
        _fence = (delegate* unmanaged[SuppressGCTransition]<void>)fence;
        _opensWithFence = instruction == CacheInstruction.Clflush;
    }

    internal CacheInstruction Instruction { get; }

    public nuint LineSize { get; }

    public nuint PieceBytes { get; }

    /// <summary>
    /// All but one of the instructions wait for this processor's earlier stores to the line they touch. clflush does
    /// so only on processors that know clflushopt as well; on those that need it here, it may pass a store that
    /// waits to leave the processor (AMD APM 3, CLFLUSH in editions before clflushopt).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Open()
    {
        if (_opensWithFence) _fence();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void TouchLines(nuint first, nuint end) => _touchLines(first, end);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Fence() => _fence();
}
