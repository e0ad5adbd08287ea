using Concord;

namespace Cookbook;

/// <summary>
/// A database is copied while it is written, as it was at one moment, and without pushing anything out of its cache.
/// The database is a file of accounts; whoever moves money writes two of them under a hold, so their sum never changes.
/// </summary>
internal static class LiveBackup
{
    private const int Accounts = 4096, PageBytes = 4096, Balance = 100;

    internal static void Run(string folder)
    {
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = Accounts * PageBytes / 4 });
        using var database = cache.Open(Path.Combine(folder, "live"), FileMode.Create, FileAccess.ReadWrite);
        for (int account = 0; account < Accounts; account++) database.Write(account * (long)PageBytes, [Balance]);
        using var end = new CancellationTokenSource();
        var mover = Task.Run(() => Move(database, end.Token));

        // Whoever has the hold is alone. Uncached reads flush what they read, and leave the cache as it is.
        long before, after;
        using (var backup = File.Create(Path.Combine(folder, "backup")))
        using (var hold = database.AcquireExclusive())
        {
            before = cache.ResidentBytes;
            byte[] piece = new byte[1 << 20];
            for (long at = 0; at < hold.Length; at += piece.Length)
                backup.Write(piece, 0, hold.ReadUncached(at, piece));
            after = cache.ResidentBytes;
        }

        end.Cancel();
        int moves = mover.GetAwaiter().GetResult();
        byte[] copy = File.ReadAllBytes(Path.Combine(folder, "backup"));
        int sum = Enumerable.Range(0, Accounts).Sum(account => copy[account * PageBytes]);
        if (sum != Accounts * Balance || after > before)
            throw new InvalidDataException($"the sum is {sum}; {before} bytes were in memory, and {after} afterwards");
        Console.WriteLine($"  {copy.Length >> 20} MiB copied beside {moves} moves of money; the sum is right, and the "
            + $"{before >> 20} MiB of the cache are what they were");
    }

    private static int Move(CachedFile database, CancellationToken end)
    {
        var random = new Random(1);
        byte[] balance = new byte[1];
        for (int moves = 0; ; moves++)
        {
            if (end.IsCancellationRequested) return moves;
            using var hold = database.AcquireExclusive();
            foreach (int change in (int[])[-1, 1])
            {
                long account = random.Next(Accounts) * (long)PageBytes;
                hold.Read(account, balance);
                balance[0] = (byte)(balance[0] + change);
                hold.Write(account, balance);
            }
        }
    }
}
