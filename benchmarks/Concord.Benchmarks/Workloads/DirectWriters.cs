using Concord.Benchmarks.Interop;
using Microsoft.Win32.SafeHandles;

namespace Concord.Benchmarks.Workloads;

/// <summary>Threads that write pieces of a file past the system's cache, each with one call in flight.</summary>
internal static unsafe class DirectWriters
{
    /// <summary>Writes pieces with gaps of the same size between them; returns when all are written.</summary>
    public static void Write(SafeFileHandle direct, byte* memory, long fileBytes, int pieceBytes, int inFlight)
    {
        int descriptor = (int)direct.DangerousGetHandle();
        long next = -2L * pieceBytes;
        var failed = 0;
        var threads = new Thread[inFlight];
        for (int i = 0; i < inFlight; i++)
        {
            threads[i] = new Thread(() =>
            {
                while (Interlocked.Add(ref next, 2L * pieceBytes) is var at && at < fileBytes)
                {
                    if (Libc.Pwrite(descriptor, memory, pieceBytes, at) != pieceBytes)
                        Interlocked.Increment(ref failed);
                }
            });
            threads[i].Start();
        }

        foreach (Thread thread in threads) thread.Join();
        if (failed != 0) throw new InvalidOperationException($"{failed} direct writes failed");
    }
}
