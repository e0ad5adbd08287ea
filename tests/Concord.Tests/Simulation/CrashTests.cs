namespace Concord.Tests.Simulation;

/// <summary>What a loss of power leaves, at every call of the store (R5).</summary>
[Collection(SideBySide.Simulation)]
public sealed class CrashTests
{
    private const int ImagesPerWorkload = 50;

    [Fact]
    public void No_image_after_a_loss_of_power_lacks_flushed_bytes_or_has_bytes_that_nobody_wrote()
    {
        long images = 0;
        int workloads = 0;
        foreach (int seed in SimSeeds.Of(slice: 400, full: 10_000))
        {
            images += Workload.Execute(seed).Images;
            workloads++;
        }

        // One workload alone, run again, may have fewer than they have on average.
        Assert.True(workloads == 1 || images >= (long)ImagesPerWorkload * workloads,
            $"{images} images of {workloads} workloads");
        Figures.Record("R5", "images after a loss of power", $"{images} from {workloads} workloads, no violation",
            "500000 from 10000 workloads, no violation");
    }

    [Fact]
    public void Few_uncertain_pieces_give_every_image_there_can_be()
    {
        var log = new CrashLog(new byte[1024]);
        log.Accept(log.BeginWrite(0, [World.Fill(1, 1024)]));
        log.Accept(log.BeginWrite(0, [World.Fill(2, 512)]));
        var images = log.Images(new Random(1), samples: 8).Select(static image => (image[0], image[512])).ToHashSet();
        Assert.Equal([(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)],
            images.Order().Select(static pair => ((int)pair.Item1, (int)pair.Item2)));
    }

    [Fact]
    public void A_good_barrier_keeps_what_was_accepted_before_it_began_and_a_failed_one_nothing()
    {
        var log = new CrashLog(new byte[1024]);
        log.Accept(log.BeginWrite(0, [World.Fill(1, 512)]));
        var covered = log.BeginBarrier();
        log.Accept(log.BeginWrite(512, [World.Fill(2, 512)]));
        log.EndBarrier(covered);
        Assert.Equal((1, 0), (log.Durable[0], log.Durable[512]));
        log.FailBarrier();
        log.EndBarrier(log.BeginBarrier());
        Assert.Equal((1, 0), (log.Durable[0], log.Durable[512]));
        log.Accept(log.BeginWrite(512, [World.Fill(3, 512)]));
        log.EndBarrier(log.BeginBarrier());
        Assert.Equal((1, 0), (log.Durable[0], log.Durable[512]));
        log.DropCopies(new ByteRange(512, 512));
        log.Accept(log.BeginWrite(512, [World.Fill(3, 512)]));
        log.EndBarrier(log.BeginBarrier());
        Assert.Equal((1, 3), (log.Durable[0], log.Durable[512]));
    }
}
