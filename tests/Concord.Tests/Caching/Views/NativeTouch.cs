using System.Diagnostics;
using Concord.Tests.Processor;
using static Iced.Intel.AssemblerRegisters;

namespace Concord.Tests.Caching.Views;

/// <summary>
/// Machine code that touches one byte and measures how long that took, by itself: a clock in managed code would count
/// what a collection keeps the caller waiting for on its way back.
/// </summary>
internal static unsafe class NativeTouch
{
    private static readonly delegate* unmanaged<nint, long> Routine = (delegate* unmanaged<nint, long>)Assemble();

    private static readonly TimeSpan CalibrationTime = TimeSpan.FromMilliseconds(50);

    private static readonly double NanosecondsPerTick = Calibrate();

    /// <summary>Reads the byte in native code.</summary>
    /// <returns>The byte, and the nanoseconds that it took.</returns>
    internal static (byte Value, long Nanoseconds) Time(nint address)
    {
        long found = Routine(address);
        return ((byte)found, (long)((found >> 8) * NanosecondsPerTick));
    }

    private static nint Assemble()
    {
        var c = new Iced.Intel.Assembler(64);
        c.rdtsc();
        c.shl(rdx, 32);
        c.or(rax, rdx);
        c.mov(r8, rax);
        c.movzx(ecx, __byte_ptr[rdi]);
        c.lfence();
        c.rdtsc();
        c.shl(rdx, 32);
        c.or(rax, rdx);
        c.sub(rax, r8);
        c.shl(rax, 8);
        c.or(rax, rcx);
        c.ret();
        return TestCode.Publish(c);
    }

    private static double Calibrate()
    {
        var clock = Stopwatch.StartNew();
        ulong start = Ticks();
        while (clock.Elapsed < CalibrationTime) Thread.SpinWait(100);
        return clock.Elapsed.TotalNanoseconds / (Ticks() - start);
    }

    private static ulong Ticks() => ((delegate* unmanaged<ulong>)AssembleClock())();

    private static nint AssembleClock()
    {
        var c = new Iced.Intel.Assembler(64);
        c.rdtsc();
        c.shl(rdx, 32);
        c.or(rax, rdx);
        c.ret();
        return TestCode.Publish(c);
    }
}
