using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Concord.Processor;

/// <summary>Reads the instructions of an x64 processor from CPUID.</summary>
internal static class X64Offer
{
    private const int BasicLeaf = 1, ExtendedLeaf = 7;

    /// <summary>CPUID.1:EDX — clflush.</summary>
    private const int ClflushBit = 19;

    /// <summary>CPUID.7.0:EBX — clflushopt and clwb.</summary>
    private const int ClflushoptBit = 23, ClwbBit = 24;

    /// <summary>CPUID.1:EBX[15:8] counts a line in words of eight bytes.</summary>
    private const int LineWordsShift = 8, LineWordsMask = 0xff, LineWordBytes = 8;

    /// <summary>Asks this processor.</summary>
    internal static ProcessorOffer Ask()
    {
        int leaves = X86Base.CpuId(0, 0).Eax;
        var basic = X86Base.CpuId(BasicLeaf, 0);
        int extended = leaves >= ExtendedLeaf ? X86Base.CpuId(ExtendedLeaf, 0).Ebx : 0;
        return Decode(basic.Ebx, basic.Edx, extended);
    }

    /// <summary>Reads the three registers that matter.</summary>
    internal static ProcessorOffer Decode(int basicEbx, int basicEdx, int extendedEbx)
    {
        var instructions = new List<CacheInstruction>();
        if (HasBit(basicEdx, ClflushBit)) instructions.Add(CacheInstruction.Clflush);
        if (HasBit(extendedEbx, ClflushoptBit)) instructions.Add(CacheInstruction.Clflushopt);
        if (HasBit(extendedEbx, ClwbBit)) instructions.Add(CacheInstruction.Clwb);
        int lineSize = ((basicEbx >> LineWordsShift) & LineWordsMask) * LineWordBytes;
        return new ProcessorOffer(Architecture.X64, lineSize, instructions);
    }

    private static bool HasBit(int register, int bit) => ((register >> bit) & 1) != 0;
}
