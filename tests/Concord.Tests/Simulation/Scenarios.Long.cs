namespace Concord.Tests.Simulation;

// Several requests of one call in flight.
internal static partial class Scenarios
{
    private static void LongReads(World world) => world.Run(
        async () =>
        {
            await world.ReadAsync(world.File, 300, 40 * Page);
            await world.ReadAsync(world.File, 0, 44 * Page);
        },
        async () =>
        {
            await world.PauseAsync(world.Random.Next(20));
            await world.WriteAsync(world.File, 9 * Page + 700, 3000);
            await world.SetLengthAsync(world.File, 21 * Page + 100);
            await world.SetLengthAsync(world.File, 40 * Page);
            await world.FlushAsync(world.File);
            await world.ReadAsync(world.File, 5 * Page, 30 * Page);
        },
        async () =>
        {
            await world.PauseAsync(world.Random.Next(40));
            await world.WriteUncachedAsync(world.File, 11 * Page, 3 * Page);
            await world.WriteLeasedAsync(world.File, new ByteRange(2 * Page + 50, 15 * Page));
            await world.LazyPassAsync();
        });

    private static void FailedLongReads(World world)
    {
        int failing = world.Random.Next(1, 12);
        world.Store.FaultOf = (call, _, number) => call == StoreCall.Read && number >= failing && number < failing + 4
            ? StoreFault.Refused
            : StoreFault.None;
        world.Run(
            async () =>
            {
                await world.ReadAsync(world.File, 300, 40 * Page);
                await world.ReadAsync(world.File, 0, 44 * Page);
            },
            () => world.ReadAsync(world.File, 8 * Page, 30 * Page),
            async () =>
            {
                await world.PauseAsync(world.Random.Next(30));
                await WriteAlongAsync(world, 6, 8);
                await world.FlushAsync(world.File);
            });
    }
}
