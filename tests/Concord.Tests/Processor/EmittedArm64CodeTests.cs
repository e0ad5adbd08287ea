using System.Runtime.InteropServices;
using Concord.Processor;

namespace Concord.Tests.Processor;

/// <summary>
/// Arm64 code against encodings worked out from the Arm Architecture Reference Manual by an assembler.
/// </summary>
public sealed class EmittedArm64CodeTests
{
    private const uint DcCivacX0 = 0xD50B7E20, DcCvacX0 = 0xD50B7A20, Ret = 0xD65F03C0;
    private const uint AddX0By64 = 0x91010000, CompareX0X1 = 0xEB01001F, BranchIfLowerBackThree = 0x54FFFFA3;
    private const uint DsbIsh = 0xD5033B9F, DsbSy = 0xD5033F9F, MrsX0CtrEl0 = 0xD53B0020;
    private const uint IcIvauX0 = 0xD50B7520, Isb = 0xD5033FDF;

    [Theory]
    [InlineData("dc civac", DcCivacX0)]
    [InlineData("dc cvac", DcCvacX0)]
    [InlineData("ic ivau", IcIvauX0)]
    public void The_loop_is_these_five_instructions(string instruction, uint touch) =>
        Assert.Equal(
            [touch, AddX0By64, CompareX0X1, BranchIfLowerBackThree, Ret],
            Words(Arm64Code.TouchLines(EmittedX64CodeTests.Named(instruction), 64)));

    [Fact]
    public void Barriers_are_dsb_of_the_domain_and_the_fence_waits_for_the_full_system()
    {
        Assert.Equal(DsbIsh, Arm64Code.DataBarrier(Arm64Code.Domain.InnerShareable));
        Assert.Equal(DsbSy, Arm64Code.DataBarrier(Arm64Code.Domain.FullSystem));
        Assert.Equal([DsbSy, Ret], Words(Arm64Code.Fence()));
        Assert.Equal([DsbSy, Isb, Ret], Words(Arm64Code.InstructionFence()));
    }

    [Fact]
    public void The_line_size_is_read_from_the_cache_type_register()
    {
        Assert.Equal([MrsX0CtrEl0, Ret], Words(Arm64Code.ReadCacheType()));

        // Registers of a Cortex-A72 and of a processor with lines of 128 bytes.
        Assert.Equal(64, Arm64Offer.LineSize(0x8444C004));
        Assert.Equal(128, Arm64Offer.LineSize(0x8445C004));
        Assert.Equal(64, Arm64Offer.InstructionLineSize(0x8445C004));
        Assert.Equal(16, Arm64Offer.InstructionLineSize(0x84448000 | 2));
        Assert.True(Arm64Offer.InstructionLineSizeMin <= 16);
    }

    [Fact]
    [Row(40)]
    public void An_emulated_processor_runs_a_flush_of_data_and_instructions_to_its_end()
    {
        Arm64Emulation.Need();

        // Of each loop the last address is left in x0, whose low byte is 0; what is no instruction ends with a signal.
        const int IllegalInstruction = 132;
        byte[] data = Arm64Code.TouchLines(CacheInstruction.DcCivac, 64);
        byte[] instructions = Arm64Code.TouchLines(CacheInstruction.IcIvau, Arm64Offer.InstructionLineSizeMin);
        Assert.Equal(
            0, Arm64Emulation.Run(data, Arm64Code.Fence(), instructions, Arm64Code.InstructionFence()));
        Assert.Equal(IllegalInstruction, Arm64Emulation.Run(data, [0, 0, 0, 0]));
        Assert.NotEqual(IllegalInstruction, Arm64Emulation.Run(Arm64Code.ReadCacheType()));
    }

    [Fact]
    public void A_flush_of_all_caches_touches_the_instruction_lines_where_there_are_any()
    {
        // On x64 the instruction caches follow every store; what is asked for there does nothing.
        Flushers.Default.InvalidateInstructions(0, 0);
        Flushers.Default.InvalidateInstructions(64, 64);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    public void A_line_that_does_not_fit_the_instruction_is_refused(int lineSize) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Arm64Code.TouchLines(CacheInstruction.DcCivac, lineSize));

    [Fact]
    public void Another_processors_instruction_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Arm64Code.TouchLines(CacheInstruction.Clwb, 64));

    private static uint[] Words(byte[] code) => MemoryMarshal.Cast<byte, uint>(code).ToArray();
}
