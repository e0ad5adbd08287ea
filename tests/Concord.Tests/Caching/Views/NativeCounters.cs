using Concord.Tests.Processor;
using static Iced.Intel.AssemblerRegisters;

namespace Concord.Tests.Caching.Views;

/// <summary>
/// Machine code that counts through a view: it picks a page by chance, adds one to the page's first 8 bytes and one to
/// a table of its own, which is what the page must hold in the end.
/// </summary>
internal static unsafe class NativeCounters
{
    /// <summary>Pages that it counts on.</summary>
    internal const int PageCount = 64;

    private static readonly delegate* unmanaged<nint, nint, long, ulong, ulong> Routine =
        (delegate* unmanaged<nint, nint, long, ulong, ulong>)Assemble();

    /// <summary>Adds one, <paramref name="count"/> times, in native code.</summary>
    /// <param name="view">Where the pages are.</param>
    /// <param name="table">Where what was counted is noted: 8 bytes a page.</param>
    /// <param name="count">How often.</param>
    /// <param name="seed">The state of chance.</param>
    /// <returns>The next state of chance.</returns>
    internal static ulong Run(nint view, nint table, long count, ulong seed) => Routine(view, table, count, seed);

    private static nint Assemble()
    {
        var c = new Iced.Intel.Assembler(64);
        var next = c.CreateLabel();
        c.mov(rax, rcx);
        c.Label(ref next);
        c.mov(r8, 6364136223846793005);
        c.imul(rax, r8);
        c.add(rax, 1442695041);
        c.mov(r9, rax);
        c.shr(r9, 64 - 6);
        c.@lock.inc(__qword_ptr[rsi + (r9 * 8)]);
        c.shl(r9, 12);
        c.@lock.inc(__qword_ptr[rdi + r9]);
        c.dec(rdx);
        c.jnz(next);
        c.ret();
        return TestCode.Publish(c);
    }
}
