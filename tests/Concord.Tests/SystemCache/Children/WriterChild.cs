using System.Runtime.InteropServices;

namespace Concord.Tests.SystemCache.Children;

/// <summary>
/// Makes numbered writes to random places of a file, half by <c>pwrite</c> and half through a mapping, until it has
/// made as many as told and its input is closed: <c>PATH COUNT</c>. Before each it checks that the number it wrote
/// there last is still there, so a write lost at any time is found. Ends with the sum of what must be in the file.
/// </summary>
internal static unsafe class WriterChild
{
    /// <summary>Both kinds of write share every page: even places are written through the mapping.</summary>
    private const int PlaceBytes = sizeof(long);

    internal static int Run(string[] args)
    {
        long count = long.Parse(args[1], null);
        using TestMapping mapping = new(args[0]);
        using var handle = File.OpenHandle(args[0], FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        long[] expected = new long[mapping.Length / PlaceBytes];
        bool stop = false;
        Thread input = new(() =>
        {
            while (Console.ReadLine() is not null) { }
            Volatile.Write(ref stop, true);
        });
        input.Start();
        Console.WriteLine("ready");

        Random random = new(1);
        long written = 0;
        while (written < count || !Volatile.Read(ref stop))
        {
            int place = random.Next(expected.Length);
            Check(mapping, place, expected[place]);
            expected[place] = ++written;
            if (place % 2 == 0) Volatile.Write(ref ((long*)mapping.Bytes)[place], written);
            else
                RandomAccess.Write(handle, MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in written)),
                    (long)place * PlaceBytes);
        }

        for (int place = 0; place < expected.Length; place++) Check(mapping, place, expected[place]);
        Console.WriteLine($"{written} {Digest(MemoryMarshal.AsBytes<long>(expected))}");
        return 0;
    }

    internal static string Digest(ReadOnlySpan<byte> bytes) =>
        Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes));

    private static void Check(TestMapping mapping, int place, long expected)
    {
        long found = Volatile.Read(ref ((long*)mapping.Bytes)[place]);
        if (found != expected)
            throw new InvalidOperationException($"place {place} holds {found}, and {expected} was written");
    }
}
