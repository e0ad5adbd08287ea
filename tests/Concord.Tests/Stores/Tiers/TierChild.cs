using System.Runtime.InteropServices;
using Concord.Tests.Interop;

namespace Concord.Tests.Stores.Tiers;

/// <summary>What tests do to a tier in a process of its own: <c>tier WHAT FOLDER [SEED]</c>.</summary>
internal static class TierChild
{
    internal const string Name = "tier", Fill = "fill", Hold = "hold", NoRoom = "no-room", NoReads = "no-reads";

    /// <summary>More blocks than the tier has, so that it gives some away all the time.</summary>
    internal const int StoreBytes = (40 * TierFolder.BlockBytes) + 777, TierBlocks = 24, Versions = 3;

    private const PosixSignal FileSizeExceeded = (PosixSignal)25;
    private const uint Pread = 17, IoError = 5;

    private static readonly List<PosixSignalRegistration> Signals = [];

    internal static int Run(string[] args)
    {
        switch (args)
        {
            case [Fill, var folder, var seed]:
                return FillAsync(folder, int.Parse(seed, null)).GetAwaiter().GetResult();
            case [Hold, var folder]:
                using (DiskTier.Open(folder, 1 << 20))
                {
                    Console.WriteLine(Environment.ProcessId);
                    Console.ReadLine();
                }

                return 0;
            case [NoRoom, var folder]:
                return WithoutRoomAsync(folder).GetAwaiter().GetResult();
            case [NoReads, var folder]:
                return WithoutReadsAsync(folder).GetAwaiter().GetResult();
            default:
                throw new ArgumentException("tier WHAT FOLDER [SEED]");
        }
    }

    /// <summary>Reads versions at random through a tier until it is killed, and compares; a line a read.</summary>
    private static async Task<int> FillAsync(string folder, int seed)
    {
        var random = new Random(seed);
        using var tier = DiskTier.Open(folder, TierBlocks * TierFolder.BlockBytes);
        byte[] bytes = new byte[300_000];
        for (int turn = 0; ; turn++)
        {
            int version = 1 + random.Next(Versions);
            using var store = new TieredStore(new VersionedStore(StoreBytes, version), tier);
            for (int i = 0; i < 8; i++)
            {
                int offset = random.Next(StoreBytes), wanted = random.Next(1, bytes.Length);
                int count = await store.ReadAsync(offset, bytes.AsMemory(0, wanted), CancellationToken.None);
                if (!VersionedStore.Content(offset, count, version).AsSpan().SequenceEqual(bytes.AsSpan(0, count)))
                {
                    Console.WriteLine($"FAILED: {count} bytes at {offset} of version {version} are others");
                    return 1;
                }
            }

            Console.WriteLine(turn);
        }
    }

    /// <summary>No file may be longer than a part of what is put into the tier.</summary>
    private static async Task<int> WithoutRoomAsync(string folder)
    {
        // Until the process ends: a signal may come late.
        Signals.Add(PosixSignalRegistration.Create(FileSizeExceeded, static context => context.Cancel = true));
        using (var tier = DiskTier.Open(folder, 64 * TierFolder.BlockBytes))
        {
            _ = await TierFolder.ReadAllAsync(tier, 5 * TierFolder.BlockBytes);
            await tier.FlushAsync();
            Native.Limit(Native.LimitFileSize, (8 * TierFolder.BlockBytes) + 5_000);
            for (int i = 0; i < 2; i++)
            {
                _ = await TierFolder.ReadAllAsync(tier, StoreBytes, version: 2);
                await tier.FlushAsync();
            }

            Console.WriteLine(tier.GetCurrentStatistics().FillFailure ?? "FAILED: nothing said that there is no room");
            Console.WriteLine(await TierFolder.ReadAllAsync(tier, 5 * TierFolder.BlockBytes) / TierFolder.BlockBytes);
        }

        using (var again = DiskTier.Open(folder, 64 * TierFolder.BlockBytes))
        {
            _ = await TierFolder.ReadAllAsync(again, StoreBytes, version: 2);
            Console.WriteLine(await TierFolder.ReadAllAsync(again, 5 * TierFolder.BlockBytes) / TierFolder.BlockBytes);
        }

        return 0;
    }

    /// <summary>The disk answers no read any more.</summary>
    private static async Task<int> WithoutReadsAsync(string folder)
    {
        using var tier = DiskTier.Open(folder, 64 * TierFolder.BlockBytes);
        _ = await TierFolder.ReadAllAsync(tier, StoreBytes);
        await tier.FlushAsync();
        long whole = await TierFolder.ReadAllAsync(tier, StoreBytes);
        SystemCallFilter.Refuse(Pread, IoError);
        long none = await TierFolder.ReadAllAsync(tier, StoreBytes);
        Console.WriteLine($"{whole} {none} {tier.GetCurrentStatistics().PagesDamaged > 0}");
        return 0;
    }
}
