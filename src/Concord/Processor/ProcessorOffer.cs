using System.Runtime.InteropServices;

namespace Concord.Processor;

/// <summary>The instructions of a processor that flush lines, and the size of its lines.</summary>
/// <param name="Architecture">The architecture of this process.</param>
/// <param name="LineSize">Bytes a line; zero where it must be read by machine code first.</param>
/// <param name="Instructions">Every instruction for the purpose.</param>
internal sealed record ProcessorOffer(
    Architecture Architecture, int LineSize, IReadOnlyList<CacheInstruction> Instructions)
{
    /// <summary>The instruction that writes back and invalidates: the fastest of those that may be used.</summary>
    internal CacheInstruction? Flush =>
        Best(CacheInstruction.Clflushopt, CacheInstruction.Clflush, CacheInstruction.DcCivac);

    /// <summary>The instruction that writes back: one that keeps the line if there is one.</summary>
    internal CacheInstruction? WriteBack =>
        Best(CacheInstruction.Clwb, CacheInstruction.Clflushopt, CacheInstruction.Clflush, CacheInstruction.DcCvac);

    /// <summary>The offer with the named instructions only.</summary>
    /// <param name="names">Names as the manual writes them, with commas between.</param>
    internal ProcessorOffer RestrictTo(string names)
    {
        string[] allowed = names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        bool IsAllowed(CacheInstruction i) => allowed.Contains(i.ManualName(), StringComparer.OrdinalIgnoreCase);
        return this with { Instructions = [.. Instructions.Where(IsAllowed)] };
    }

    private CacheInstruction? Best(params ReadOnlySpan<CacheInstruction> inOrder)
    {
        foreach (var instruction in inOrder)
        {
            if (Instructions.Contains(instruction)) return instruction;
        }

        return null;
    }
}
