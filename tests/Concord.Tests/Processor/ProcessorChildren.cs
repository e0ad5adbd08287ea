using Concord.Nt;
using Concord.Tests.Interop;

namespace Concord.Tests.Processor;

/// <summary>Child programs for what a process can try once only, or not survive.</summary>
internal static unsafe class ProcessorChildren
{
    private const int Flushes = 10_000;

    private static volatile bool IsDone;

    /// <summary>Says which instructions are in use, or why none.</summary>
    public static int Choice()
    {
        Console.WriteLine(ProcessorCache.IsSupported
            ? $"{ProcessorCache.FlushInstruction} {ProcessorCache.WriteBackInstruction}"
            : ProcessorCache.UnsupportedReason);
        return 0;
    }

    /// <summary>Has executable memory refused, and says what the class then says.</summary>
    public static int Refused()
    {
        SystemCallFilter.RefuseSmallExecutableMemory();
        Console.WriteLine(ProcessorCache.IsSupported);
        Console.WriteLine(ProcessorCache.UnsupportedReason);
        Action[] uses =
        [
            () => ProcessorCache.FlushAndInvalidate(new byte[1]),
            () => ProcessorCache.WriteBack(new byte[1]),
            () => ProcessorCache.FlushAndInvalidate(0, 1),
            () => ProcessorCache.WriteBack(0, 1),
            () => ProcessorCache.Register(0, 1),
            () => ProcessorCache.Register(new byte[1]),
            () => _ = ProcessorCache.LineSize,
            () => _ = ProcessorCache.FlushInstruction,
            () => _ = ProcessorCache.WriteBackInstruction,
        ];
        foreach (var use in uses) Console.WriteLine(Record.Exception(use)?.ToString().Split('\n')[0]);
        return 0;
    }

    /// <summary>
    /// Flushes on a thread whose next system call ends the process: through spans and at DISPATCH, or, to show that
    /// it would be noticed, at PASSIVE. The thread ends in a loop, since ending takes a system call.
    /// </summary>
    public static int Silent(string[] args)
    {
        byte[] memory = GC.AllocateArray<byte>(100_000, pinned: true);
        var thread = new Thread(() =>
        {
            Action flush = args[0] == "passive" ? () => FlushAtPassive(memory) : () => FlushAtDispatch(memory);
            flush();
            SystemCallFilter.EndProcessAtNextCall();
            for (int i = 0; i < Flushes; i++) flush();
            IsDone = true;
            while (IsDone) { }
        })
        { IsBackground = true };
        thread.Start();
        while (!IsDone) Thread.Yield();
        Console.WriteLine("done");
        return 0;
    }

    private static void FlushAtDispatch(byte[] memory)
    {
        using var scope = Irql.Raise(Irql.DispatchLevel);
        ProcessorCache.FlushAndInvalidate(memory);
        ProcessorCache.WriteBack(memory);
        fixed (byte* first = memory) Ntddk.KeInvalidateRangeAllCaches(first, (uint)memory.Length);
    }

    private static void FlushAtPassive(byte[] memory)
    {
        fixed (byte* first = memory) Ntddk.KeInvalidateRangeAllCaches(first, (uint)memory.Length);
    }
}
