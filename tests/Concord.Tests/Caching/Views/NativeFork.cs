using Concord.Tests.Interop;
using Concord.Tests.Processor;
using static Iced.Intel.AssemblerRegisters;

namespace Concord.Tests.Caching.Views;

/// <summary>
/// Machine code that copies the process (fork) and has the copy hand a byte to a system call: no managed code runs in
/// it.
/// </summary>
internal static unsafe class NativeFork
{
    private const int Write = 1, Fork = 57, ExitGroup = 231;

    private static readonly delegate* unmanaged<nint, nint, int> Routine =
        (delegate* unmanaged<nint, nint, int>)Assemble();

    /// <summary>
    /// What a copy of this process finds at an address: the error number of writing one byte of it to a file, 255 if
    /// that works.
    /// </summary>
    internal static int Find(nint address, nint descriptor)
    {
        int child = Routine(address, descriptor);
        Native.Succeeded(child, "copy the process");
        Native.Succeeded(Native.Waitpid(child, out int status, 0), "wait for the copy");
        return (status & 0x7F) == 0
            ? status >> 8 & 0xFF
            : throw new InvalidOperationException($"the copy ended by signal {status & 0x7F}");
    }

    private static nint Assemble()
    {
        var c = new Iced.Intel.Assembler(64);
        var parent = c.CreateLabel();
        c.mov(eax, Fork);
        c.syscall();
        c.test(rax, rax);
        c.jnz(parent);
        c.xchg(rdi, rsi);
        c.mov(edx, 1);
        c.mov(eax, Write);
        c.syscall();
        c.neg(rax);
        c.mov(rdi, rax);
        c.mov(eax, ExitGroup);
        c.syscall();
        c.Label(ref parent);
        c.ret();
        return TestCode.Publish(c);
    }
}
