namespace Concord.Tests.Stores;

/// <summary>Every thread that the pool may have waits in a call of the library.</summary>
[Collection(SideBySide.Children)]
public sealed class FullPoolTests
{
    private static readonly TimeSpan HangLimit = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData("yields", "blocking")]
    [InlineData("own-thread", "blocking")]
    [InlineData("own-thread", "mixed")]
    public void Callers_on_all_threads_of_the_pool_come_to_their_end(string store, string calls)
    {
        using var child = Child.Start(FullPoolChild.Name, store, calls);
        bool hasEnded = child.WaitForExit(HangLimit);
        if (!hasEnded) child.Kill();
        Assert.Equal("done\n", child.StandardOutput.ReadToEnd());
    }
}
