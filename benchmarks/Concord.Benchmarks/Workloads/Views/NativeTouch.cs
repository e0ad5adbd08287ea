using System.Diagnostics;
using System.Runtime.InteropServices;
using Concord.Interop;

namespace Concord.Benchmarks.Workloads;

/// <summary>
/// Machine code that touches a byte of each page: a view's pages are for native code only, and rivals are touched by
/// the same code. The thread counts as native meanwhile, so that a collection does not wait for it.
/// </summary>
internal static unsafe class NativeTouch
{
    private const int CodeAlignment = 16;

    /// <summary>next: mov rax,[rsi]; movzx eax,byte [rdi+rax]; add rsi,8; dec rdx; jnz next; ret.</summary>
    private static ReadOnlySpan<byte> ReadCode =>
        [0x48, 0x8B, 0x06, 0x0F, 0xB6, 0x04, 0x07, 0x48, 0x83, 0xC6, 0x08, 0x48, 0xFF, 0xCA, 0x75, 0xF0, 0xC3];

    /// <summary>next: mov rax,[rsi]; mov [rdi+rax],cl; add rsi,8; dec rdx; jnz next; ret.</summary>
    private static ReadOnlySpan<byte> WriteCode =>
        [0x48, 0x8B, 0x06, 0x88, 0x0C, 0x07, 0x48, 0x83, 0xC6, 0x08, 0x48, 0xFF, 0xCA, 0x75, 0xF1, 0xC3];

    private static readonly Lazy<nint> Code = new(static () =>
    {
        byte[] code = new byte[3 * CodeAlignment];
        ReadCode.CopyTo(code);
        WriteCode.CopyTo(code.AsSpan(2 * CodeAlignment));
        return NativeSystem.Current!.PublishCode(code);
    });

    /// <summary>Why it cannot be used here, or null.</summary>
    public static string? Missing { get; } = OperatingSystem.IsLinux()
        && RuntimeInformation.ProcessArchitecture == Architecture.X64
        ? null
        : "views are touched by machine code, which there is for Linux on x64 only";

    /// <summary>Reads one byte of each page.</summary>
    public static void Read(nint address, PageOrder pages) => Read(address, pages.Offsets, pages.Count);

    public static void Read(nint address, nint* offsets, int count) =>
        ((delegate* unmanaged<nint, nint*, long, void>)Code.Value)(address, offsets, count);

    /// <summary>Writes one byte of each page.</summary>
    public static void Write(nint address, PageOrder pages, byte value) =>
        ((delegate* unmanaged<nint, nint*, long, byte, void>)(Code.Value + (2 * CodeAlignment)))(address, pages.Offsets,
            pages.Count, value);

    /// <summary>The time that reading took, a page.</summary>
    public static Slice TimeReads(nint address, PageOrder pages)
    {
        long start = Stopwatch.GetTimestamp();
        Read(address, pages);
        return new Slice(Stopwatch.GetElapsedTime(start).TotalNanoseconds / pages.Count);
    }

    /// <summary>
    /// The time that reading a page took, where each touch comes so long after the one before: the median, since what
    /// the machine does in the pauses delays some touches many times over.
    /// </summary>
    public static Slice TimeReadsApart(nint address, PageOrder pages, TimeSpan pause)
    {
        long[] times = new long[pages.Count];
        var work = new ClockWatch();
        for (int i = 0; i < pages.Count; i++)
        {
            long start = work.WorkFor(pause);
            Read(address, pages.Offsets + i, 1);
            times[i] = Stopwatch.GetTimestamp() - start;
        }

        Array.Sort(times);
        return new Slice(times[times.Length / 2] * 1e9 / Stopwatch.Frequency, IsDisturbed: work.IsDisturbed);
    }

    /// <summary>The time that writing took, a page.</summary>
    public static Slice TimeWrites(nint address, PageOrder pages, byte value)
    {
        long start = Stopwatch.GetTimestamp();
        Write(address, pages, value);
        return new Slice(Stopwatch.GetElapsedTime(start).TotalNanoseconds / pages.Count);
    }
}
