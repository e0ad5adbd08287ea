using Concord.Memory;

namespace Concord.Tests.Simulation;

/// <summary>Which of the calls of one kind fail.</summary>
internal enum Which
{
    First,
    Middle,
    Last,
    All,
}

/// <summary>Who writes back.</summary>
internal enum Flushers
{
    One,
    Two,
    OneAndLazyWriter,
}

/// <summary>One case of a failed flush: a call of the store that fails while some flush (R4).</summary>
internal sealed record FailedFlush(StoreCall Call, Which Which, Flushers Flushers)
{
    private const int Page = 4096;

    /// <summary>Every case there is.</summary>
    internal static IReadOnlyList<FailedFlush> All { get; } =
    [
        .. from call in new[] { StoreCall.Write, StoreCall.Barrier, StoreCall.SetLength }
           from which in Enum.GetValues<Which>()
           from flushers in Enum.GetValues<Flushers>()
           select new FailedFlush(call, which, flushers),
    ];

    /// <summary>Plays the case; the store stays ill, and the end is left to the caller.</summary>
    /// <param name="seed">The order of the tasks.</param>
    /// <param name="onHeard">What to look at when a handle hears of an error.</param>
    internal (World World, CachedFile Second) Play(int seed, Action<World>? onHeard = null)
    {
        int calls = Begin(seed, static (_, _) => false).World.Store.CallsOf[(int)Call];
        int failing = Which switch { Which.First => 1, Which.Middle => (calls + 1) / 2, _ => calls };
        return Begin(seed, (call, number) => call == Call && (Which == Which.All || number == failing), onHeard);
    }

    private (World World, CachedFile Second) Begin(int seed, Func<StoreCall, int, bool> fails,
        Action<World>? onHeard = null)
    {
        var world = new World(seed);
        var second = world.Open();
        world.OnHeard = (_, _) => onHeard?.Invoke(world);
        world.Store.FaultOf = (call, _, number) => fails(call, number) ? (StoreFault)(1 + seed % 2) : StoreFault.None;
        world.Run(Flushers switch
        {
            Flushers.One => [() => FlushAsync(world, world.File, 0)],
            Flushers.Two => [() => FlushAsync(world, world.File, 0), () => FlushAsync(world, second, Page + 100)],
            _ => [() => FlushAsync(world, world.File, 0), () => PassAsync(world)],
        });
        return (world, second);
    }

    /// <summary>Three runs apart, a change of length, and two flushes; of neighbours' pages too.</summary>
    private static async Task FlushAsync(World world, CachedFile file, int offset)
    {
        await world.WriteAsync(file, offset, 700);
        await world.WriteAsync(file, offset + 2 * Page, 700);
        await world.FlushAsync(file, new ByteRange(offset, 3 * Page), CoherencyOptions.NoPurge);
        await world.SetLengthAsync(file, 5 * Page + offset);
        await world.WriteAsync(file, offset, Page);
        await world.WriteAsync(file, offset + 4 * Page, 500);
        await world.FlushAsync(file);
    }

    private static async Task PassAsync(World world)
    {
        for (int i = 0; i < 3; i++) await world.LazyPassAsync();
    }

    /// <summary>Whether each page of a range is dirty, or in the store as it is in memory.</summary>
    internal static bool IsDirtyOrStored(World world, ByteRange range)
    {
        foreach (var extent in world.FileOfFirst!.State.Extents.In(range))
        {
            ulong clean = PageGeometry.PagesOf(
                extent.Index, range) & extent.Resident & ~(extent.Dirty | extent.Writing);
            for (; clean != 0; clean &= clean - 1)
            {
                var page = PageGeometry.BytesOf(extent.Index, clean & (0 - clean))
                    .Intersect(new ByteRange(0, world.FileOfFirst.State.Sizes.Length));
                var stored = world.Store.Content[(int)Math.Min(page.Offset, world.Store.Content.Length)..];
                var shown = extent.BytesAt((int)(page.Offset - PageGeometry.StartOf(extent.Index)), (int)page.Length);
                if (!stored.StartsWith(shown) && shown.Length <= stored.Length) return false;
            }
        }

        return true;
    }
}
