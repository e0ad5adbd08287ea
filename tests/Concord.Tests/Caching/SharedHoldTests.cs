namespace Concord.Tests.Caching;

/// <summary>A hold belongs to whoever has the object: several threads may use it at once, a purge among them.</summary>
public sealed class SharedHoldTests
{
    private const int Purges = 3_000;

    [Fact]
    public void A_reader_never_sees_a_page_that_another_thread_of_the_hold_takes_away()
    {
        byte[] content = Pages.Of(7, 8);
        using var test = new CachedFixture(content);
        using var hold = test.File.AcquireExclusive();
        bool isOver = false;
        Exception? failure = null;
        var reader = new Thread(() =>
        {
            byte[] bytes = new byte[content.Length];
            try
            {
                while (!Volatile.Read(ref isOver))
                {
                    Assert.Equal(bytes.Length, hold.Read(0, bytes));
                    Assert.Equal(content, bytes);
                }
            }
            catch (Exception error)
            {
                failure = error;
            }
        });
        reader.Start();
        for (int i = 0; i < Purges; i++)
        {
            Assert.True(hold.FlushAndPurge().IsComplete);

            // Gives purged memory back: whoever is still inside would read zeros.
            test.Cache.Core.Room.Sweep(int.MaxValue);
        }

        Volatile.Write(ref isOver, true);
        reader.Join();
        Assert.Null(failure);
    }
}
