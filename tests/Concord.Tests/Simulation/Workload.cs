namespace Concord.Tests.Simulation;

/// <summary>
/// A program that does this and that with a file beside the lazy writer, while the power may fail at any moment (R5).
/// Some of its stores fail as well.
/// </summary>
internal static class Workload
{
    private const int Page = 4096;
    private const int OperationsMax = 24;

    private static readonly WorldOptions Options = new()
    {
        FileBytes = 3 * Page - 700,
        FileBytesMax = 7 * Page,
        ImagesEvery = 1,
        ImageSamples = 6,
    };

    internal static World Execute(int seed, WorldOptions? changed = null)
    {
        try
        {
            var world = new World(
                seed, changed is null ? Options : Options with { Planted = changed.Planted, Lie = changed.Lie });
            if (world.Random.Next(3) == 0) Ail(world);
            world.Run(() => ActAsync(world), () => PassAsync(world));
            world.Finish();
            return world;
        }
        catch (Exception error)
        {
            throw new SimulationException($"workload {seed} (again: {SimSeeds.Variable}={seed}): {error}");
        }
    }

    private static void Ail(World world)
    {
        int percent = world.Random.Next(5, 30);
        world.Store.FaultOf = (call, _, _) => call != StoreCall.Read && world.Random.Next(100) < percent
            ? (StoreFault)world.Random.Next(1, 4)
            : StoreFault.None;
    }

    private static async Task ActAsync(World world)
    {
        var random = world.Random;
        int operations = random.Next(6, OperationsMax);
        for (int i = 0; i < operations; i++)
        {
            int offset = random.Next(5 * Page), length = random.Next(random.Next(3) == 0 ? 2 * Page : 900);
            int kind = random.Next(100);
            if (kind < 45) await world.WriteAsync(world.File, offset, length);
            else if (kind < 60) await world.FlushAsync(world.File, new ByteRange(offset, 2 * Page), Purge(random));
            else if (kind < 70) await world.FlushAsync(world.File, null, Purge(random));
            else if (kind < 78) await world.SetLengthAsync(world.File, offset);
            else if (kind < 86) await world.WriteUncachedAsync(world.File, offset, length);
            else if (kind < 96) await world.ReadAsync(world.File, offset, length);
            else await world.ReadAsync(world.File, offset, length, uncached: true);
        }
    }

    private static async Task PassAsync(World world)
    {
        int passes = world.Random.Next(6);
        for (int i = 0; i < passes; i++)
        {
            await world.PauseAsync(world.Random.Next(20));
            await world.LazyPassAsync();
        }
    }

    private static CoherencyOptions Purge(Random random) =>
        random.Next(2) == 0 ? CoherencyOptions.None : CoherencyOptions.NoPurge;
}
