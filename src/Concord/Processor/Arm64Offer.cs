using System.Runtime.InteropServices;

namespace Concord.Processor;

/// <summary>The instructions of every Arm64 processor, and the size of its lines.</summary>
internal static class Arm64Offer
{
    /// <summary>CTR_EL0.DminLine: the base-2 logarithm of the smallest data line in words of four bytes.</summary>
    private const int DminLineShift = 16, DminLineMask = 0xf, WordBytes = 4;

    /// <summary>CTR_EL0.IminLine: the same for lines of instructions.</summary>
    private const int IminLineMask = 0xf;

    /// <summary>
    /// Where the register cannot be read: no line of instructions is shorter, so that each is met, some several times.
    /// </summary>
    internal const int InstructionLineSizeMin = 16;

    /// <summary>The offer; both instructions are part of the base architecture.</summary>
    /// <param name="lineSize">Bytes a line, or zero when machine code must read it.</param>
    internal static ProcessorOffer Of(int lineSize) =>
        new(Architecture.Arm64, lineSize, [CacheInstruction.DcCivac, CacheInstruction.DcCvac]);

    /// <summary>The smallest data line in bytes, out of the register.</summary>
    internal static int LineSize(ulong cacheType) => WordBytes << (int)((cacheType >> DminLineShift) & DminLineMask);

    /// <summary>The smallest line of instructions in bytes, out of the register.</summary>
    internal static int InstructionLineSize(ulong cacheType) => WordBytes << (int)(cacheType & IminLineMask);
}
