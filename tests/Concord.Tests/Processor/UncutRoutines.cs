using Concord.Interop;
using Concord.Processor;

namespace Concord.Tests.Processor;

/// <summary>The real machine code, called once for the whole range: what the library must not do.</summary>
internal readonly struct UncutRoutines(MachineRoutines routines) : ILineRoutines
{
    public nuint LineSize => routines.LineSize;

    public nuint PieceBytes => nuint.MaxValue;

    /// <summary>The routines for the instruction that flushes here.</summary>
    public static UncutRoutines Make()
    {
        var instruction = Flushers.Default.FlushInstruction;
        int lineSize = Flushers.Default.LineSize;
        var system = NativeSystem.Current!;
        return new UncutRoutines(new MachineRoutines(
            instruction, lineSize,
            system.PublishCode(X64Code.TouchLines(instruction, lineSize, system.X64Convention)),
            system.PublishCode(X64Code.FullFence())));
    }

    public void Open() => routines.Open();

    public void TouchLines(nuint first, nuint end) => routines.TouchLines(first, end);

    public void Fence() => routines.Fence();
}
