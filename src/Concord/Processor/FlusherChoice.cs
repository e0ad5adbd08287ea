using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Concord.Interop;

namespace Concord.Processor;

/// <summary>
/// Chooses the instructions and emits the machine code: once for the process, and for tests as often as they like.
/// Either there is a flusher, or there is a reason why not.
/// </summary>
internal sealed class FlusherChoice
{
    /// <summary>
    /// Names, with commas between, the instructions that may be used of those the processor offers. For processors
    /// (and emulators of them) that offer one that does not work, and for comparing them.
    /// </summary>
    internal const string Variable = "CONCORD_CACHE_INSTRUCTIONS";

    private FlusherChoice(LineFlusher? flusher, IReadOnlyList<CacheInstruction> offered, string? unsupportedReason)
    {
        Flusher = flusher;
        Offered = [.. offered.Select(i => i.ManualName())];
        UnsupportedReason = unsupportedReason;
    }

    /// <summary>The choice for this process.</summary>
    internal static FlusherChoice Current { get; } = Make(
        NativeSystem.Current, RuntimeInformation.ProcessArchitecture, Environment.GetEnvironmentVariable(Variable), ForeignRanges.Shared);

    internal LineFlusher? Flusher { get; }

    /// <summary>What the processor offers, whether it may be used or not.</summary>
    internal IReadOnlyList<string> Offered { get; }

    internal string? UnsupportedReason { get; }

    /// <summary>Chooses.</summary>
    /// <param name="system">The operating system; null when there is nothing for it.</param>
    /// <param name="architecture">The architecture of this process.</param>
    /// <param name="allowed">What <see cref="Variable"/> says; null or empty allows everything.</param>
    /// <param name="foreign">The ranges of others.</param>
    internal static FlusherChoice Make(NativeSystem? system, Architecture architecture, string? allowed, ForeignRanges foreign)
    {
        if (system is null) return new FlusherChoice(null, [], "there is nothing for this operating system; Linux, Windows and macOS are known");
        IReadOnlyList<CacheInstruction> offered = [];
        try
        {
            if (Ask(system, architecture) is not { } offer)
                return new FlusherChoice(null, [], $"processors of architecture {architecture} are not known; X64 and Arm64 are");
            offered = offer.Instructions;
            var usable = string.IsNullOrWhiteSpace(allowed) ? offer : offer.RestrictTo(allowed);
            if (usable.Flush is not { } flush || usable.WriteBack is not { } writeBack)
                return new FlusherChoice(null, offered, Missing(offer, allowed));
            return new FlusherChoice(Emit(system, usable, flush, writeBack, foreign), offered, null);
        }
        catch (ExecutableMemoryException refused)
        {
            return new FlusherChoice(null, offered, refused.Message);
        }
    }

    private static ProcessorOffer? Ask(NativeSystem system, Architecture architecture) => architecture switch
    {
        Architecture.X64 when X86Base.X64.IsSupported => X64Offer.Ask(),
        Architecture.Arm64 => Arm64Offer.Of(system.Arm64LineSize ?? ReadArm64LineSize(system)),
        _ => null,
    };

    private static unsafe int ReadArm64LineSize(NativeSystem system)
    {
        nint code = system.PublishCode(Arm64Code.ReadCacheType());
        return Arm64Offer.LineSize(((delegate* unmanaged[SuppressGCTransition]<ulong>)code)());
    }

    private static LineFlusher Emit(
        NativeSystem system, ProcessorOffer offer, CacheInstruction flush, CacheInstruction writeBack, ForeignRanges foreign)
    {
        var code = new MachineCode();
        int touch = code.Append(TouchLines(system, offer, flush));
        int touchBack = code.Append(TouchLines(system, offer, writeBack));
        int fence = code.Append(Fence(flush, invalidate: true));
        int fenceBack = code.Append(Fence(writeBack, invalidate: false));
        nint at = system.PublishCode(code.Bytes);
        return new LineFlusher(
            offer.Architecture,
            new MachineRoutines(flush, offer.LineSize, at + touch, at + fence),
            new MachineRoutines(writeBack, offer.LineSize, at + touchBack, at + fenceBack),
            foreign,
            system.AddressSpace);
    }

    private static byte[] TouchLines(NativeSystem system, ProcessorOffer offer, CacheInstruction instruction) =>
        offer.Architecture == Architecture.X64
            ? X64Code.TouchLines(instruction, offer.LineSize, system.X64Convention)
            : Arm64Code.TouchLines(instruction, offer.LineSize);

    /// <summary>
    /// The fence behind an instruction. Write-backs need no more than that no later store is seen before they are
    /// done: whoever is told of them is told by a store. clflush is ordered by the full fence alone on processors
    /// that have nothing newer.
    /// </summary>
    private static byte[] Fence(CacheInstruction instruction, bool invalidate) => instruction switch
    {
        CacheInstruction.DcCivac or CacheInstruction.DcCvac => Arm64Code.Fence(),
        CacheInstruction.Clflush => X64Code.FullFence(),
        _ => invalidate ? X64Code.FullFence() : X64Code.StoreFence(),
    };

    private static string Missing(ProcessorOffer offer, string? allowed)
    {
        string offers = offer.Instructions.Count == 0
            ? "no instruction that flushes a line"
            : string.Join(", ", offer.Instructions.Select(i => i.ManualName()));
        return string.IsNullOrWhiteSpace(allowed)
            ? $"the processor offers {offers}"
            : $"{Variable} allows '{allowed}', which leaves no instruction that flushes a line; the processor offers {offers}";
    }
}
