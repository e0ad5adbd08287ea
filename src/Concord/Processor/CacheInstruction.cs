namespace Concord.Processor;

/// <summary>An instruction that writes one line back, on some processor.</summary>
internal enum CacheInstruction
{
    /// <summary>x64: writes back and invalidates; one after the other. On every x64 processor.</summary>
    Clflush,

    /// <summary>x64: writes back and invalidates; many at a time.</summary>
    Clflushopt,

    /// <summary>x64: writes back; the line may stay.</summary>
    Clwb,

    /// <summary>Arm64: cleans and invalidates to the point of coherency.</summary>
    DcCivac,

    /// <summary>Arm64: cleans to the point of coherency.</summary>
    DcCvac,

    /// <summary>
    /// Arm64: takes a line out of the instruction caches of every processor. No flush of data: the data lines go first.
    /// </summary>
    IcIvau,
}

/// <summary>Facts about the instructions.</summary>
internal static class CacheInstructions
{
    /// <summary>The name as the processor's manual writes it.</summary>
    internal static string ManualName(this CacheInstruction instruction) => instruction switch
    {
        CacheInstruction.Clflush => "clflush",
        CacheInstruction.Clflushopt => "clflushopt",
        CacheInstruction.Clwb => "clwb",
        CacheInstruction.DcCivac => "dc civac",
        CacheInstruction.DcCvac => "dc cvac",
        CacheInstruction.IcIvau => "ic ivau",
        _ => throw new ArgumentOutOfRangeException(nameof(instruction), instruction, "no such instruction"),
    };

    /// <summary>Whether the line is certainly removed from every cache.</summary>
    internal static bool Invalidates(this CacheInstruction instruction) =>
        instruction is CacheInstruction.Clflush or CacheInstruction.Clflushopt or CacheInstruction.DcCivac;

    /// <summary>
    /// Bytes that one call of machine code covers: as many as take at most one microsecond, since a garbage collection
    /// cannot begin during the call. Measured: 256 lines of clflushopt or clwb take 0.4 to 0.7 µs; clflush takes 0.2 µs
    /// for one line, so four. On Arm64, where nothing was measured, the limit allows 15 ns for each of 64 lines of 64
    /// bytes.
    /// </summary>
    internal static nuint PieceBytes(this CacheInstruction instruction) => instruction switch
    {
        CacheInstruction.Clflush => 256,
        CacheInstruction.Clflushopt or CacheInstruction.Clwb => 16 << 10,
        _ => 4 << 10,
    };
}
