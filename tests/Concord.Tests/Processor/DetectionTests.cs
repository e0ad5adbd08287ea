using System.Runtime.InteropServices;
using Concord.Interop;
using Concord.Processor;

namespace Concord.Tests.Processor;

public sealed class DetectionTests
{
    private const int Clflush = 1 << 19, Clflushopt = 1 << 23, Clwb = 1 << 24, LineOf64 = 8 << 8;

    [Theory]
    [InlineData(Clflush, Clflushopt | Clwb, "clflush,clflushopt,clwb", "clflushopt", "clwb")]
    [InlineData(Clflush, Clflushopt, "clflush,clflushopt", "clflushopt", "clflushopt")]
    [InlineData(Clflush, 0, "clflush", "clflush", "clflush")]
    public void The_fastest_instruction_offered_is_chosen(int edx, int ebx, string offered, string flush,
        string writeBack)
    {
        var offer = X64Offer.Decode(LineOf64, edx, ebx);

        Assert.Equal(64, offer.LineSize);
        Assert.Equal(offered.Split(','), offer.Instructions.Select(i => i.ManualName()));
        Assert.Equal(flush, offer.Flush?.ManualName());
        Assert.Equal(writeBack, offer.WriteBack?.ManualName());
    }

    [Fact]
    public void Arm64_has_one_instruction_for_each_purpose()
    {
        var offer = Arm64Offer.Of(128);
        Assert.Equal((CacheInstruction.DcCivac, CacheInstruction.DcCvac), (offer.Flush, offer.WriteBack));
    }

    [Fact]
    public void Without_any_instruction_the_reason_says_so()
    {
        Assert.Null(X64Offer.Decode(0, 0, 0).Flush);
        var choice = FlusherChoice.Make(NativeSystem.Current, RuntimeInformation.ProcessArchitecture, "none",
            new ForeignRanges());
        Assert.Null(choice.Flusher);
        Assert.Contains("CONCORD_CACHE_INSTRUCTIONS allows 'none'", choice.UnsupportedReason, StringComparison.Ordinal);
        Assert.Equal(ProcessorCache.OfferedInstructions, choice.Offered);
    }

    [Fact]
    public void An_unknown_system_or_processor_is_named()
    {
        var noSystem = FlusherChoice.Make(null, Architecture.X64, null, new ForeignRanges());
        Assert.Contains("Linux, Windows and macOS", noSystem.UnsupportedReason, StringComparison.Ordinal);

        var noProcessor = FlusherChoice.Make(NativeSystem.Current, Architecture.S390x, null, new ForeignRanges());
        Assert.Contains("S390x", noProcessor.UnsupportedReason, StringComparison.Ordinal);
        Assert.Null(noProcessor.Flusher);
    }

    [Fact]
    public void A_system_that_refuses_executable_memory_is_quoted()
    {
        var choice = FlusherChoice.Make(new RefusingSystem(), RuntimeInformation.ProcessArchitecture, null,
            new ForeignRanges());
        Assert.Null(choice.Flusher);
        Assert.Equal("not here", choice.UnsupportedReason);
    }

    [Fact]
    public void Here_what_is_in_use_is_among_what_is_offered()
    {
        Assert.True(ProcessorCache.IsSupported, ProcessorCache.UnsupportedReason);
        Assert.Null(ProcessorCache.UnsupportedReason);
        Assert.Contains(ProcessorCache.FlushInstruction, ProcessorCache.OfferedInstructions);
        Assert.Contains(ProcessorCache.WriteBackInstruction, ProcessorCache.OfferedInstructions);
        Assert.True(int.IsPow2(ProcessorCache.LineSize));
    }

    [Fact]
    public void A_piece_is_whole_lines()
    {
        foreach (var instruction in Enum.GetValues<CacheInstruction>())
            Assert.Equal(0u, instruction.PieceBytes() % 256);
    }

    /// <summary>A system that grants nothing.</summary>
    private sealed class RefusingSystem : NativeSystem
    {
        internal override AddressSpace AddressSpace => NativeSystem.Current!.AddressSpace;

        internal override X64Convention X64Convention => X64Convention.SystemV;

        internal override int? Arm64LineSize => 64;

        internal override nint PublishCode(ReadOnlySpan<byte> code) => throw new ExecutableMemoryException("not here");
    }
}
