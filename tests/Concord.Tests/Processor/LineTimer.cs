using Concord.Interop;
using static Iced.Intel.AssemblerRegisters;

namespace Concord.Tests.Processor;

/// <summary>
/// Times single loads with the processor's own counter, in machine code: between the two readings there is nothing
/// but the load, and fences keep the processor from moving it. In ticks of the counter.
/// </summary>
internal static unsafe class LineTimer
{
    private static readonly delegate* unmanaged[SuppressGCTransition]<nuint, ulong> Routine =
        (delegate* unmanaged[SuppressGCTransition]<nuint, ulong>)Assemble();

    /// <summary>Ticks to load eight bytes, the reading of the counter included.</summary>
    public static double Load(byte* address) => Routine((nuint)address);

    /// <summary>Ticks to load eight bytes again that were just loaded.</summary>
    public static double Hit(byte* address)
    {
        _ = Load(address);
        return Load(address);
    }

    private static nint Assemble()
    {
        var c = new Iced.Intel.Assembler(64);
        c.mov(r10, NativeSystem.Current!.X64Convention == X64Convention.Microsoft ? rcx : rdi);
        c.mfence();
        c.lfence();
        c.rdtsc();
        c.shl(rdx, 32);
        c.or(rax, rdx);
        c.mov(r8, rax);
        c.lfence();
        c.mov(r9, __[r10]);
        c.lfence();
        c.rdtsc();
        c.shl(rdx, 32);
        c.or(rax, rdx);
        c.sub(rax, r8);
        c.ret();
        return TestCode.Publish(c);
    }
}
