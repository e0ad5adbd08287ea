using System.Buffers.Binary;
using System.Diagnostics;

namespace Concord.Tests.Processor;

/// <summary>
/// Emitted Arm64 code, run by an emulator of user programs: the smallest program there is, that calls the code with a
/// range of its own memory and then ends.
/// </summary>
internal static class Arm64Emulation
{
    private const string Emulator = "qemu-aarch64-static";

    // movk x1, #4096
    private const uint KeepWideX1Page = 0xF2820001;

    private const ulong LoadAddress = 0x400000;
    private const int HeaderBytes = 64 + 56, RoutineAlignment = 16;

    // mov x8, #93 (exit); svc #0
    private const uint SystemCallExit = 0xD2800BA8, CallSystem = 0xD4000001;

    /// <summary>Skips the test where there is no emulator.</summary>
    internal static void Need()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "the emulator runs programs of Linux");
        Assert.SkipWhen(
            Find() is null, $"{Emulator} is not installed (Debian, Ubuntu: apt-get install qemu-user-static)");
    }

    /// <summary>
    /// Runs routines one after the other, each with the first and the last address of the program in x0 and x1, and
    /// returns the exit code: the low byte of what the last one left in x0, or 128 and more for a signal.
    /// </summary>
    internal static int Run(params byte[][] routines)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, Program(routines));
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            using var process = Process.Start(new ProcessStartInfo(Find()!, [file]) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode;
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string? Find() => Environment.GetEnvironmentVariable("PATH")?.Split(':')
        .Select(static folder => Path.Combine(folder, Emulator)).FirstOrDefault(File.Exists);

    /// <summary>An ELF file of one segment: headers, then the calls, then the routines.</summary>
    private static byte[] Program(byte[][] routines)
    {
        const int InstructionsOfCall = 4;
        int callsBytes = ((routines.Length * InstructionsOfCall) + 2) * sizeof(uint);
        var code = new List<uint>();
        var offsets = new List<int>();
        int at = HeaderBytes + callsBytes;
        foreach (byte[] routine in routines)
        {
            at = (at + RoutineAlignment - 1) / RoutineAlignment * RoutineAlignment;
            offsets.Add(at);
            at += routine.Length;
        }

        for (int i = 0; i < routines.Length; i++)
        {
            // x0 = the program's first address, x1 = one page further.
            code.Add(MoveWide(register: 0, 0x40, shift: 1));
            code.Add(MoveWide(register: 1, 0x40, shift: 1));
            code.Add(KeepWideX1Page);
            int here = HeaderBytes + (code.Count * sizeof(uint));
            code.Add(0x94000000 | (((uint)(offsets[i] - here) / sizeof(uint)) & 0x3FFFFFF));
        }

        code.Add(SystemCallExit);
        code.Add(CallSystem);
        byte[] file = new byte[Math.Max(at, 0x1000)];
        WriteHeaders(file);
        for (int i = 0; i < code.Count; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(HeaderBytes + (i * sizeof(uint))), code[i]);
        for (int i = 0; i < routines.Length; i++) routines[i].CopyTo(file, offsets[i]);
        return file;
    }

    /// <summary>movz of 16 bits into the place that the shift names.</summary>
    private static uint MoveWide(uint register, uint value, uint shift) =>
        0xD2800000 | (shift << 21) | (value << 5) | register;

    private static void WriteHeaders(Span<byte> file)
    {
        ReadOnlySpan<byte> ident = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        ident.CopyTo(file);
        Half(file, 16, 2);                 // a program
        Half(file, 18, 183);               // for AArch64
        Word(file, 20, 1);
        Long(file, 24, LoadAddress + HeaderBytes);
        Long(file, 32, 64);                // where the program header is
        Half(file, 52, 64);
        Half(file, 54, 56);
        Half(file, 56, 1);
        Word(file, 64, 1);                 // loaded
        Word(file, 68, 7);                 // readable, writable, executable
        Long(file, 80, LoadAddress);
        Long(file, 88, LoadAddress);
        Long(file, 96, (ulong)file.Length);
        Long(file, 104, (ulong)file.Length);
        Long(file, 112, 0x1000);
    }

    private static void Half(Span<byte> file, int at, ushort value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(file[at..], value);

    private static void Word(Span<byte> file, int at, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(file[at..], value);

    private static void Long(Span<byte> file, int at, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(file[at..], value);
}
