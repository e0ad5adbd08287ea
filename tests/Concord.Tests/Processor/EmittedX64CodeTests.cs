using Concord.Interop;
using Concord.Processor;
using Iced.Intel;

namespace Concord.Tests.Processor;

public sealed class EmittedX64CodeTests
{
    [Theory]
    [InlineData("clflush", "SystemV", 64, "clflush [rdi]", "add rdi,40h", "cmp rdi,rsi")]
    [InlineData("clflushopt", "SystemV", 64, "clflushopt [rdi]", "add rdi,40h", "cmp rdi,rsi")]
    [InlineData("clwb", "SystemV", 64, "clwb [rdi]", "add rdi,40h", "cmp rdi,rsi")]
    [InlineData("clflush", "Microsoft", 32, "clflush [rcx]", "add rcx,20h", "cmp rcx,rdx")]
    [InlineData("clflushopt", "Microsoft", 128, "clflushopt [rcx]", "add rcx,80h", "cmp rcx,rdx")]
    [InlineData("clwb", "Microsoft", 256, "clwb [rcx]", "add rcx,100h", "cmp rcx,rdx")]
    public void The_loop_is_these_five_instructions(
        string instruction, string convention, int lineSize, string touch, string add, string compare)
    {
        byte[] code = X64Code.TouchLines(Named(instruction), lineSize, Enum.Parse<X64Convention>(convention));

        Assert.Equal([touch, add, compare, "jb short 0000000000001000h", "ret"], Disassemble(code));
    }

    [Fact]
    public void The_full_fence_is_mfence_and_the_store_fence_is_sfence()
    {
        Assert.Equal(["mfence", "ret"], Disassemble(X64Code.FullFence()));
        Assert.Equal(["sfence", "ret"], Disassemble(X64Code.StoreFence()));
    }

    [Fact]
    public void Touches_work_on_the_line_at_the_first_argument_and_change_nothing_but_it()
    {
        foreach (string name in (string[])["clflush", "clflushopt", "clwb"])
        {
            var factory = new InstructionInfoFactory();
            foreach (var instruction in Decode(X64Code.TouchLines(Named(name), 64, X64Convention.SystemV)))
            {
                var written = factory.GetInfo(instruction).GetUsedRegisters()
                    .Where(u => u.Access is OpAccess.Write or OpAccess.ReadWrite).Select(u => u.Register);
                Assert.All(written,
                    r => Assert.True(r is Register.RDI || (instruction.Mnemonic == Mnemonic.Ret && r == Register.RSP)));
            }
        }
    }

    [Fact]
    public void Another_processors_instruction_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(
            () => X64Code.TouchLines(CacheInstruction.DcCivac, 64, X64Convention.SystemV));

    [Fact]
    public void Routines_begin_aligned_and_do_not_overlap()
    {
        var code = new MachineCode();
        int first = code.Append(X64Code.TouchLines(CacheInstruction.Clwb, 64, X64Convention.SystemV));
        int second = code.Append(X64Code.FullFence());

        Assert.Equal(0, first);
        Assert.Equal(32, second);
        Assert.Equal(X64Code.FullFence(), code.Bytes[second..]);
    }

    internal static CacheInstruction Named(string name) =>
        Enum.GetValues<CacheInstruction>().Single(i => i.ManualName() == name);

    internal static List<Instruction> Decode(byte[] code)
    {
        const ulong Start = 0x1000;
        var decoder = Decoder.Create(64, code, Start);
        var instructions = new List<Instruction>();
        while (decoder.IP < Start + (ulong)code.Length) instructions.Add(decoder.Decode());
        return instructions;
    }

    private static List<string> Disassemble(byte[] code)
    {
        var formatter = new IntelFormatter();
        formatter.Options.MemorySizeOptions = MemorySizeOptions.Never;
        var lines = new List<string>();
        foreach (var instruction in Decode(code))
        {
            var line = new StringOutput();
            formatter.Format(instruction, line);
            lines.Add(line.ToStringAndReset());
        }

        return lines;
    }
}
