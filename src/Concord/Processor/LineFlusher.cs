using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Concord.Interop;

namespace Concord.Processor;

/// <summary>
/// Flushes ranges with one instruction and writes them back with another, both chosen when it is made.
/// </summary>
/// <remarks>
/// Thread safe. Calls for addresses that are known to be readable allocate nothing, take no lock and make no system
/// call of their own.
/// </remarks>
internal sealed class LineFlusher
{
    private readonly MachineRoutines _flush;
    private readonly MachineRoutines _writeBack;
    private readonly MachineRoutines? _instructions;
    private readonly ForeignRanges _foreign;
    private readonly AddressSpace _addressSpace;

    internal LineFlusher(
        Architecture architecture, MachineRoutines flush, MachineRoutines writeBack,
        ForeignRanges foreign, AddressSpace addressSpace, MachineRoutines? instructions = null)
    {
        Debug.Assert(flush.Instruction.Invalidates(), "what flushes also invalidates");
        Architecture = architecture;
        _flush = flush;
        _writeBack = writeBack;
        _instructions = instructions;
        _foreign = foreign;
        _addressSpace = addressSpace;
    }

    internal Architecture Architecture { get; }

    internal int LineSize => (int)_flush.LineSize;

    internal CacheInstruction FlushInstruction => _flush.Instruction;

    internal CacheInstruction WriteBackInstruction => _writeBack.Instruction;

    /// <summary>Flushes memory that can be read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe void Flush(ReadOnlySpan<byte> memory)
    {
        fixed (byte* first = memory) FlushReadable((nuint)first, (nuint)memory.Length);
    }

    /// <summary>Writes back memory that can be read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe void WriteBack(ReadOnlySpan<byte> memory)
    {
        fixed (byte* first = memory) WriteBackReadable((nuint)first, (nuint)memory.Length);
    }

    /// <summary>Flushes addresses that the caller knows to be readable, or to belong to a foreign range.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void FlushReadable(nuint start, nuint length)
    {
        if (length == 0) return;
        LineSweep.Run(_flush, start, start + length, _foreign.Snapshot, invalidate: true);
    }

    /// <summary>Writes back addresses that the caller knows to be readable, or to belong to a foreign range.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void WriteBackReadable(nuint start, nuint length)
    {
        if (length == 0) return;
        LineSweep.Run(_writeBack, start, start + length, _foreign.Snapshot, invalidate: false);
    }

    /// <summary>Flushes any address; throws if it cannot be read.</summary>
    internal void FlushChecked(nint address, nuint length) =>
        CheckedSweep.Run(_flush, address, length, _foreign.Snapshot, _addressSpace, invalidate: true);

    /// <summary>Writes back any address; throws if it cannot be read.</summary>
    internal void WriteBackChecked(nint address, nuint length) =>
        CheckedSweep.Run(_writeBack, address, length, _foreign.Snapshot, _addressSpace, invalidate: false);

    /// <summary>
    /// After a flush of the same range: takes its lines out of the instruction caches too, where those do not follow
    /// the data's by themselves. What belongs to others is not run from here.
    /// </summary>
    internal void InvalidateInstructions(nuint start, nuint length)
    {
        if (length == 0 || _instructions is not { } routines) return;
        foreach (var part in new OwnedParts(start, start + length, _foreign.Snapshot))
        {
            if (part.Owner is null) LineSweep.TouchOwn(routines, part.Start, part.End);
        }

        routines.Fence();
    }

    /// <summary>Checks that a range can be read, and touches nothing.</summary>
    internal void Check(nint address, nuint length)
    {
        if (length != 0) _ = CheckedSweep.Examine(address, length, _foreign.Snapshot, _addressSpace);
    }
}
