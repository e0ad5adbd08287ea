namespace Concord.Tests.Caching;

/// <summary>
/// A child program that writes numbered records with HandOver, in every form in turn, and says after each call that
/// returned which record that was, until it is killed.
/// </summary>
internal static class KilledHandOver
{
    internal const string Name = "killed-hand-over";

    /// <summary>Two pages at a time, so that a record of one form does not touch that of another.</summary>
    internal const int SlotBytes = 8192;

    internal const int Slots = 200, Forms = 6;

    internal static int SlotOf(long number) => (int)((number * 7) % Slots);

    /// <summary>Writes until the process ends.</summary>
    internal static int Run(string[] args)
    {
        var options = new FileCacheOptions { CapacityBytes = 128 * Pages.Bytes, WriteMode = WriteMode.HandOver };
        using var cache = new FileCache(options);
        using var file = cache.Open(LocalFileStore.Open(args[0], FileMode.OpenOrCreate, FileAccess.ReadWrite));
        file.SetLength((long)Slots * SlotBytes);
        using var stream = file.AsStream(leaveOpen: true);
        for (long number = 1; ; number++)
        {
            long at = (long)SlotOf(number) * SlotBytes;
            byte[] bytes = KilledWriter.Record(number);
            switch (number % Forms)
            {
                case 0:
                    file.Write(at, bytes);
                    break;
                case 1:
                    file.WriteAsync(at, bytes).AsTask().GetAwaiter().GetResult();
                    break;
                case 2:
                    stream.Position = at;
                    stream.Write(bytes);
                    break;
                case 3:
                    file.WriteUncached(at, bytes);
                    break;
                case 4:
                    using (var hold = file.AcquireExclusive()) hold.Write(at, bytes);
                    break;
                default:
                    var lease = file.Lease(new ByteRange(at, bytes.Length), LeaseAccess.Write);
                    bytes.CopyTo(lease.WritableSpan);
                    lease.Dispose();
                    break;
            }

            Console.WriteLine(number);
        }
    }
}
