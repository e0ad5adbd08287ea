using System.Buffers.Binary;

namespace Concord.Processor;

/// <summary>
/// Machine code for Arm64: the arguments are in x0 and x1, the result in x0, the return address in a register.
/// </summary>
internal static class Arm64Code
{
    /// <summary>Data synchronisation barriers: by the domain for which they wait.</summary>
    internal enum Domain
    {
        /// <summary>The processors of this system.</summary>
        InnerShareable = 0xB,

        /// <summary>Everything that can reach the memory, devices and other hosts included.</summary>
        FullSystem = 0xF,
    }

    private const uint DcCivacX0 = 0xD50B7E20, DcCvacX0 = 0xD50B7A20, IcIvauX0 = 0xD50B7520;
    private const uint ReadCacheTypeX0 = 0xD53B0020, InstructionBarrier = 0xD5033FDF, Ret = 0xD65F03C0;
    private const uint CompareX0X1 = 0xEB01001F, BranchIfLower = 0x54000003;
    private const int ImmediateMax = 0xFFF;

    /// <summary>
    /// <code>
    /// line: dc   civac, x0
    ///       add  x0, x0, #lineSize
    ///       cmp  x0, x1
    ///       b.lo line
    ///       ret
    /// </code>
    /// </summary>
    internal static byte[] TouchLines(CacheInstruction instruction, int lineSize)
    {
        uint touch = instruction switch
        {
            CacheInstruction.DcCivac => DcCivacX0,
            CacheInstruction.DcCvac => DcCvacX0,
            CacheInstruction.IcIvau => IcIvauX0,
            _ => throw new ArgumentOutOfRangeException(nameof(instruction), instruction, "not an instruction of Arm64"),
        };
        return Assemble(touch, AddImmediateX0(lineSize), CompareX0X1, Branch(BranchIfLower, instructions: -3), Ret);
    }

    /// <summary>
    /// The barrier that waits for the flushes before it. It covers the full system, and not only the processors that
    /// share memory coherently (<see cref="Domain.InnerShareable"/>): the reader that a flush is for, a device or
    /// another host, may be outside that domain.
    /// </summary>
    internal static byte[] Fence() => Assemble(DataBarrier(Domain.FullSystem), Ret);

    /// <summary>
    /// The barrier behind lines of instructions: the invalidations are done on every processor, and this one fetches
    /// anew what it had fetched ahead. Other processors do that at their next exception or isb.
    /// </summary>
    internal static byte[] InstructionFence() => Assemble(DataBarrier(Domain.FullSystem), InstructionBarrier, Ret);

    /// <summary>Returns CTR_EL0, which says how large lines are.</summary>
    internal static byte[] ReadCacheType() => Assemble(ReadCacheTypeX0, Ret);

    /// <summary>dsb, for all kinds of access.</summary>
    internal static uint DataBarrier(Domain domain) => 0xD503309F | ((uint)domain << 8);

    private static uint AddImmediateX0(int value) => value is > 0 and <= ImmediateMax
        ? 0x91000000 | ((uint)value << 10)
        : throw new ArgumentOutOfRangeException(nameof(value), value, $"must be from 1 to {ImmediateMax}");

    /// <summary>A conditional branch by a number of instructions, in the 19 bits from bit 5.</summary>
    private static uint Branch(uint condition, int instructions) => condition | (((uint)instructions & 0x7FFFF) << 5);

    private static byte[] Assemble(params ReadOnlySpan<uint> instructions)
    {
        var code = new byte[instructions.Length * sizeof(uint)];
        for (int i = 0; i < instructions.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(code.AsSpan(i * sizeof(uint)), instructions[i]);
        return code;
    }
}
