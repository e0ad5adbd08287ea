using System.Runtime.InteropServices;
using Concord.Processor;

namespace Concord.Tests.Processor;

/// <summary>Arm64 code against encodings worked out from the Arm Architecture Reference Manual by an assembler.</summary>
public sealed class EmittedArm64CodeTests
{
    private const uint DcCivacX0 = 0xD50B7E20, DcCvacX0 = 0xD50B7A20, Ret = 0xD65F03C0;
    private const uint AddX0By64 = 0x91010000, CompareX0X1 = 0xEB01001F, BranchIfLowerBackThree = 0x54FFFFA3;
    private const uint DsbIsh = 0xD5033B9F, DsbSy = 0xD5033F9F, MrsX0CtrEl0 = 0xD53B0020;

    [Theory]
    [InlineData("dc civac", DcCivacX0)]
    [InlineData("dc cvac", DcCvacX0)]
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
    }

    [Fact]
    public void The_line_size_is_read_from_the_cache_type_register()
    {
        Assert.Equal([MrsX0CtrEl0, Ret], Words(Arm64Code.ReadCacheType()));

        // Registers of a Cortex-A72 and of a processor with lines of 128 bytes.
        Assert.Equal(64, Arm64Offer.LineSize(0x8444C004));
        Assert.Equal(128, Arm64Offer.LineSize(0x8445C004));
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
