using Concord.Interop;
using Concord.Processor;
using Iced.Intel;

namespace Concord.Tests.Processor;

/// <summary>
/// The emitted machine code, run by an interpreter that counts touches of each line and fences, behind the sweep
/// that the real processor gets. Addresses are numbers here; nothing is read.
/// </summary>
internal sealed class Emulation
{
    private readonly Instruction[] _touch;
    private readonly Instruction[] _fence;
    private readonly CacheInstruction _instruction;

    public Emulation(CacheInstruction instruction, int lineSize)
    {
        _instruction = instruction;
        LineSize = lineSize;
        _touch = [.. EmittedX64CodeTests.Decode(X64Code.TouchLines(instruction, lineSize, X64Convention.SystemV))];
        _fence = [.. EmittedX64CodeTests.Decode(X64Code.FullFence())];
    }

    public int LineSize { get; }

    public List<ulong> Touched { get; } = [];

    /// <summary>How many lines had been touched at each fence.</summary>
    public List<int> FencedAfter { get; } = [];

    public List<nuint> PieceLengths { get; } = [];

    public CacheInstruction Instruction => _instruction;

    public void Clear()
    {
        Touched.Clear();
        FencedAfter.Clear();
        PieceLengths.Clear();
    }

    public void RunTouch(nuint first, nuint end)
    {
        PieceLengths.Add(end - first);
        Interpret(_touch, first, end);
    }

    public void RunFence() => Interpret(_fence, 0, 0);

    private void Interpret(Instruction[] code, ulong rdi, ulong rsi)
    {
        bool below = false;
        for (int at = 0; ; at++)
        {
            ref readonly var instruction = ref code[at];
            switch (instruction.Mnemonic)
            {
                case Mnemonic.Clflush or Mnemonic.Clflushopt or Mnemonic.Clwb
                    when instruction.MemoryBase == Register.RDI:
                    Touched.Add((rdi + instruction.MemoryDisplacement64) & ~((ulong)LineSize - 1));
                    break;
                case Mnemonic.Add when instruction.Op0Register == Register.RDI:
                    rdi += instruction.GetImmediate(1);
                    break;
                case Mnemonic.Cmp when instruction is { Op0Register: Register.RDI, Op1Register: Register.RSI }:
                    below = rdi < rsi;
                    break;
                case Mnemonic.Jb:
                    if (below) at = Array.FindIndex(code, TargetOf(instruction)) - 1;
                    break;
                case Mnemonic.Mfence or Mnemonic.Sfence:
                    FencedAfter.Add(Touched.Count);
                    break;
                case Mnemonic.Ret:
                    return;
                default:
                    throw new NotSupportedException($"the routines have no '{instruction}'");
            }
        }
    }

    private static Predicate<Instruction> TargetOf(Instruction branch) => i => i.IP == branch.NearBranchTarget;
}

/// <summary>The emulation as the sweep's type parameter.</summary>
internal readonly struct EmulatedRoutines(Emulation emulation) : ILineRoutines
{
    public nuint LineSize => (nuint)emulation.LineSize;

    public nuint PieceBytes => emulation.Instruction.PieceBytes();

    public void Open()
    {
        if (emulation.Instruction == CacheInstruction.Clflush) emulation.RunFence();
    }

    public void TouchLines(nuint first, nuint end) => emulation.RunTouch(first, end);

    public void Fence() => emulation.RunFence();
}
