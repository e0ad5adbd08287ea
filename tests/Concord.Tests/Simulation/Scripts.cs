namespace Concord.Tests.Simulation;

/// <summary>
/// What programs do with a file, one after the other, each a few calls. They go on after errors, as programs do that
/// try again: what failed and what succeeded is known to the oracle.
/// </summary>
internal static class Scripts
{
    private const int Page = 4096;

    private static readonly WorldOptions Plain = new();
    private static readonly WorldOptions Large = new() { FileBytesMax = 40 * Page };

    internal static IReadOnlyList<Scenario> All { get; } = [.. Copies(), .. Lengths(), .. StoreCalls(), .. Limits()];

    private static IEnumerable<Scenario> Copies() =>
    [
        Of("write and flush", Plain, async world =>
        {
            await world.WriteAsync(world.File, 1000, 6000);
            await world.FlushAsync(world.File, options: CoherencyOptions.NoPurge);
            await world.ReadAsync(world.File, 0, 4 * Page);
        }),
        Of("write and purge", Plain, async world =>
        {
            await world.WriteAsync(world.File, 1000, 6000);
            await world.FlushAsync(world.File);
            await world.ReadAsync(world.File, 0, 4 * Page);
        }),
        Of("purge a part, write across its end, purge it again", Plain, async world =>
        {
            await world.WriteAsync(world.File, 0, 3 * Page);
            await world.FlushAsync(world.File, new ByteRange(500, 5000));
            await world.WriteAsync(world.File, 5000, 5000);
            await world.FlushAsync(world.File, new ByteRange(500, 5000));
        }),
        Of("write twice, flush between", Plain, async world =>
        {
            await world.WriteAsync(world.File, 0, Page);
            await world.FlushAsync(world.File, options: CoherencyOptions.NoPurge);
            await world.WriteAsync(world.File, 100, 200);
            await world.FlushAsync(world.File, options: CoherencyOptions.NoPurge);
        }),
        Of("read everything, write, read again", Plain, async world =>
        {
            await world.ReadAsync(world.File, 0, 4 * Page);
            await world.WriteAsync(world.File, 2 * Page - 10, 20);
            await world.FlushAsync(world.File);
            await world.ReadAsync(world.File, 0, 4 * Page);
        }),
    ];

    private static IEnumerable<Scenario> Lengths() =>
    [
        Of("grow by writing", Plain, async world =>
        {
            await world.WriteAsync(world.File, 4 * Page - 500, 5000);
            await world.FlushAsync(world.File);
            await world.ReadAsync(world.File, 3 * Page, 3 * Page);
        }),
        Of("write far behind the end", Plain, async world =>
        {
            await world.WriteAsync(world.File, 8 * Page + 100, 300);
            await world.FlushAsync(world.File, new ByteRange(0, 6 * Page));
            await world.ReadAsync(world.File, 3 * Page, 5 * Page);
        }),
        Of("set the length, longer", Plain, async world =>
        {
            await world.WriteAsync(world.File, 3 * Page, 1000);
            await world.SetLengthAsync(world.File, 6 * Page + 10);
            await world.WriteAsync(world.File, 5 * Page, 300);
            await world.FlushAsync(world.File);
            await world.ReadAsync(world.File, 2 * Page, 5 * Page);
        }),
        Of("set the length, shorter, and grow again", Plain, async world =>
        {
            await world.WriteAsync(world.File, 0, 3 * Page);
            await world.LazyPassAsync();
            await world.SetLengthAsync(world.File, Page + 100);
            await world.SetLengthAsync(world.File, 4 * Page);
            await world.ReadAsync(world.File, 0, 4 * Page);
            await world.FlushAsync(world.File);
            await world.ReadAsync(world.File, 0, 4 * Page);
        }),
        Of("cut to nothing and write", Plain, async world =>
        {
            await world.SetLengthAsync(world.File, 0);
            await world.WriteAsync(world.File, 10, 700);
            await world.FlushAsync(world.File);
            await world.ReadAsync(world.File, 0, Page);
        }),
    ];

    private static IEnumerable<Scenario> StoreCalls() =>
    [
        Of("write uncached over dirty pages", Plain, async world =>
        {
            await world.WriteAsync(world.File, 0, 2 * Page);
            await world.WriteUncachedAsync(world.File, 1000, Page);
            await world.ReadAsync(world.File, 0, 3 * Page);
            await world.FlushAsync(world.File);
        }),
        Of("write uncached behind the end", Plain, async world =>
        {
            await world.WriteUncachedAsync(world.File, 5 * Page + 17, 2000);
            await world.WriteAsync(world.File, 4 * Page, 10);
            await world.FlushAsync(world.File);
            await world.ReadAsync(world.File, 3 * Page, 4 * Page);
        }),
        Of("read uncached after a write", Plain, async world =>
        {
            await world.WriteAsync(world.File, 700, 5000);
            await world.ReadAsync(world.File, 0, 3 * Page, uncached: true);
            await world.WriteAsync(world.File, 900, 100);
            await world.ReadAsync(world.File, 0, 3 * Page, uncached: true);
        }),
        Of("write under a lease, flush meanwhile", Plain, async world =>
        {
            await world.WriteLeasedAsync(world.File, new ByteRange(3000, 4000), async _ =>
            {
                await world.FlushAsync(world.File, new ByteRange(0, 3 * Page));
            });
            await world.FlushAsync(world.File);
        }),
        Of("lease, write uncached beside it, flush", Plain, async world =>
        {
            await world.WriteLeasedAsync(world.File, new ByteRange(0, 500), async _ =>
            {
                await world.WriteUncachedAsync(world.File, 2 * Page, 3000);
                await world.ReadAsync(world.File, 0, 3 * Page);
            });
            await world.FlushAsync(world.File);
        }),
    ];

    private static IEnumerable<Scenario> Limits() =>
    [
        Of("evict under pressure", Large, async world =>
        {
            await Scenarios.WriteAlongAsync(world, 0, 36);
            for (int page = 0; page < 36; page += 5) await world.ReadAsync(world.File, page * Page, Page);
        }),
        Of("read more than fits", Large with { FileBytes = 30 * Page }, async world =>
        {
            await world.ReadAsync(world.File, 0, 30 * Page);
            await world.WriteAsync(world.File, 3 * Page, 3 * Page);
            await world.ReadAsync(world.File, 0, 30 * Page);
        }),
        Of("lazy writer passes between writes", Plain, async world =>
        {
            for (int i = 0; i < 4; i++)
            {
                await world.WriteAsync(world.File, i * 3000, 2500);
                await world.LazyPassAsync();
            }

            await world.FlushAsync(world.File);
        }),
        Of("the dirty limit makes writers wait", Large with { DirtyPagesMax = 2 }, async world =>
        {
            await Scenarios.WriteAlongAsync(world, 0, 12);
        }),
        Of("two handles, one flushes what the other wrote", Plain, async world =>
        {
            var second = world.Open();
            await world.WriteAsync(world.File, 100, 5000);
            await world.FlushAsync(second);
            await world.WriteAsync(second, 3000, 3000);
            await world.FlushAsync(world.File, options: CoherencyOptions.NoPurge);
            await world.FlushAsync(second);
        }),
        new("two flushers share a barrier", Plain, static world =>
        {
            var second = world.Open();
            world.Run(() => WriteAndFlushAsync(world, world.File, 0),
                () => WriteAndFlushAsync(world, second, 2 * Page));
        }),
        Of("load pages as a fault does, write, flush through a hold", Plain, async world =>
        {
            await world.LoadAsync(0, pages: 3);
            using var hold = await world.File.AcquireExclusiveAsync();
            await world.FlushAsync(hold, listener: world.File);
            await world.LoadAsync(Page, pages: 2);
        }),
    ];

    private static Scenario Of(string name, WorldOptions options, Func<World, Task> script) =>
        new(name, options, world => world.Run(() => script(world)));

    private static async Task WriteAndFlushAsync(World world, CachedFile file, int offset)
    {
        await world.WriteAsync(file, offset, 3000);
        await world.FlushAsync(file, new ByteRange(offset, Page), CoherencyOptions.NoPurge);
    }
}
