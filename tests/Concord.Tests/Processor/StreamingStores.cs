using Concord.Interop;
using static Iced.Intel.AssemblerRegisters;

namespace Concord.Tests.Processor;

/// <summary>
/// Non-temporal stores over a range, in machine code, in pieces as long as a flush's: what moves bytes to memory as
/// fast as the machine can, to compare with.
/// </summary>
internal static unsafe class StreamingStores
{
    /// <summary>The piece of a flush by clflushopt.</summary>
    private const int PieceBytes = 16 << 10;

    private static readonly delegate* unmanaged[SuppressGCTransition]<nuint, nuint, void> Routine =
        (delegate* unmanaged[SuppressGCTransition]<nuint, nuint, void>)Assemble();

    /// <summary>Overwrites the range, which is whole pieces.</summary>
    public static void Run(byte* start, nint length)
    {
        for (nint at = 0; at < length; at += PieceBytes)
            Routine((nuint)start + (nuint)at, (nuint)start + (nuint)at + PieceBytes);
    }

    private static nint Assemble()
    {
        bool microsoft = NativeSystem.Current!.X64Convention == X64Convention.Microsoft;
        var (first, end) = microsoft ? (rcx, rdx) : (rdi, rsi);
        var c = new Iced.Intel.Assembler(64);
        var line = c.CreateLabel();
        c.pxor(xmm0, xmm0);
        c.Label(ref line);
        for (int offset = 0; offset < 64; offset += 16) c.movntdq(__xmmword_ptr[first + offset], xmm0);
        c.add(first, 64);
        c.cmp(first, end);
        c.jb(line);
        c.sfence();
        c.ret();
        return TestCode.Publish(c);
    }
}
