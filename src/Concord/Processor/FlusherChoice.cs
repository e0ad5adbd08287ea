using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Concord.Interop;

namespace Concord.Processor;

/// <summary>
/// Chooses the instructions and emits the machine code: once for the process, and for each test that asks. The result
/// has either a flusher or a reason why there is none.
/// </summary>
internal sealed class FlusherChoice
{
    /// <summary>
    /// The environment variable that names, with commas between, which of the offered instructions may be used. For
    /// processors (and emulators) whose offer has an instruction that does not work, and for comparisons.
    /// </summary>
    internal const string Variable = "CONCORD_CACHE_INSTRUCTIONS";

    private const string UnknownSystem = "this operating system is not known; Linux, Windows and macOS are";

    private FlusherChoice(LineFlusher? flusher, IReadOnlyList<CacheInstruction> offered, string? unsupportedReason)
    {
        Flusher = flusher;
        Offered = [.. offered.Select(i => i.ManualName())];
        UnsupportedReason = unsupportedReason;
    }

    /// <summary>The choice for this process.</summary>
    internal static FlusherChoice Current { get; } = Make(
        NativeSystem.Current, RuntimeInformation.ProcessArchitecture,
        Environment.GetEnvironmentVariable(Variable), ForeignRanges.Shared);

    internal LineFlusher? Flusher { get; }

    /// <summary>The instructions of the processor, whether they may be used or not.</summary>
    internal IReadOnlyList<string> Offered { get; }

    internal string? UnsupportedReason { get; }

    /// <summary>Chooses.</summary>
    /// <param name="system">The operating system; null if it is not supported.</param>
    /// <param name="architecture">The architecture of this process.</param>
    /// <param name="allowed">The value of <see cref="Variable"/>; null or empty allows everything.</param>
    /// <param name="foreign">The foreign ranges.</param>
    internal static FlusherChoice Make(
        NativeSystem? system, Architecture architecture, string? allowed, ForeignRanges foreign)
    {
        if (system is null) return new FlusherChoice(null, [], UnknownSystem);
        IReadOnlyList<CacheInstruction> offered = [];
        try
        {
            if (Ask(system, architecture) is not { } offer)
                return new FlusherChoice(null, [], $"{architecture} processors are not known; X64 and Arm64 are");
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
        Architecture.Arm64 => Arm64Offer.Of(system.Arm64LineSize ?? Arm64Offer.LineSize(ReadArm64CacheType(system))),
        _ => null,
    };

    private static unsafe ulong ReadArm64CacheType(NativeSystem system)
    {
        nint code = system.PublishCode(Arm64Code.ReadCacheType());
        return ((delegate* unmanaged[SuppressGCTransition]<ulong>)code)();
    }

    /// <summary>
    /// What takes lines out of the instruction caches; null on x64, whose instruction caches follow every store.
    /// </summary>
    private static MachineRoutines? InstructionRoutines(NativeSystem system, Architecture architecture)
    {
        if (architecture != Architecture.Arm64) return null;
        int lineSize = system.Arm64LineSize is null
            ? Arm64Offer.InstructionLineSize(ReadArm64CacheType(system))
            : Arm64Offer.InstructionLineSizeMin;
        var code = new MachineCode();
        int touch = code.Append(Arm64Code.TouchLines(CacheInstruction.IcIvau, lineSize));
        int fence = code.Append(Arm64Code.InstructionFence());
        nint at = system.PublishCode(code.Bytes);
        return new MachineRoutines(CacheInstruction.IcIvau, lineSize, at + touch, at + fence);
    }

    private static LineFlusher Emit(
        NativeSystem system, ProcessorOffer offer, CacheInstruction flush, CacheInstruction writeBack,
        ForeignRanges foreign)
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
            system.AddressSpace,
            InstructionRoutines(system, offer.Architecture));
    }

    private static byte[] TouchLines(NativeSystem system, ProcessorOffer offer, CacheInstruction instruction) =>
        offer.Architecture == Architecture.X64
            ? X64Code.TouchLines(instruction, offer.LineSize, system.X64Convention)
            : Arm64Code.TouchLines(instruction, offer.LineSize);

    /// <summary>
    /// The fence behind an instruction. Write-backs only need that no later store is seen before they are done, since a
    /// reader learns of them by a store. clflush is ordered only by the full fence on processors without newer
    /// instructions.
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
            : $"{Variable} allows '{allowed}', which leaves no instruction that flushes a line; "
                + $"the processor offers {offers}";
    }
}
