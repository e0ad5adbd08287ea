namespace Concord.Tests.Caching.Linearizability;

/// <summary>The checker tells good histories from bad ones.</summary>
public sealed class RegisterCheckerTests
{
    [Fact]
    public void A_stale_read_is_found()
    {
        Assert.False(RegisterChecker.IsLinearizable(0, [Write(1, 1, 2), Write(2, 3, 4), Read(1, 5, 6)]));
        Assert.False(RegisterChecker.IsLinearizable(0, [Write(1, 1, 2), Read(0, 3, 4)]));
    }

    [Fact]
    public void A_value_that_nobody_wrote_is_found() =>
        Assert.False(RegisterChecker.IsLinearizable(0, [Write(1, 1, 6), Read(7, 2, 5)]));

    [Fact]
    public void Reads_that_see_two_writes_in_opposite_orders_are_found() =>
        Assert.False(RegisterChecker.IsLinearizable(
            0, [Write(1, 1, 20), Write(2, 2, 21), Read(1, 3, 4), Read(2, 5, 6), Read(1, 7, 8)]));

    [Fact]
    public void A_new_value_that_is_seen_and_then_gone_is_found() =>
        Assert.False(RegisterChecker.IsLinearizable(0, [Write(1, 1, 10), Read(1, 2, 3), Read(0, 4, 5)]));

    [Fact]
    public void Reads_during_a_write_may_see_either_value()
    {
        Assert.True(RegisterChecker.IsLinearizable(0, []));
        Assert.True(RegisterChecker.IsLinearizable(0, [Write(1, 1, 10), Read(0, 2, 3), Read(1, 4, 5)]));
        Assert.True(
            RegisterChecker.IsLinearizable(0, [Write(1, 1, 20), Write(2, 2, 21), Read(2, 3, 4), Read(1, 5, 6)]));
    }

    [Fact]
    public void It_agrees_with_trying_every_order()
    {
        var random = new Random(7);
        int good = 0, bad = 0;
        for (int i = 0; i < 4000; i++)
        {
            var history = RandomHistory(random, operations: random.Next(1, 7));
            bool expected = TryEveryOrder(0, [.. history]);
            Assert.True(expected == RegisterChecker.IsLinearizable(0, history), string.Join("; ", history));
            if (expected) good++;
            else bad++;
        }

        Assert.True(good > 400 && bad > 400, $"{good} good and {bad} bad histories");
    }

    private static RegisterOperation Write(long value, long begin, long end) => new(IsWrite: true, value, begin, end);

    private static RegisterOperation Read(long value, long begin, long end) => new(IsWrite: false, value, begin, end);

    private static List<RegisterOperation> RandomHistory(Random random, int operations)
    {
        int[] moments = [.. Enumerable.Range(0, 2 * operations)];
        random.Shuffle(moments);
        return
        [
            .. Enumerable.Range(0, operations).Select(i => new RegisterOperation(
                random.Next(2) == 0, random.Next(3), Math.Min(moments[2 * i], moments[(2 * i) + 1]),
                Math.Max(moments[2 * i], moments[(2 * i) + 1])))
        ];
    }

    private static bool TryEveryOrder(long value, List<RegisterOperation> rest)
    {
        if (rest.Count == 0) return true;
        long firstEnd = rest.Min(operation => operation.End);
        foreach (var next in rest.Where(
            operation => operation.Begin < firstEnd && (operation.IsWrite || operation.Value == value)).ToArray())
        {
            var others = new List<RegisterOperation>(rest);
            others.Remove(next);
            if (TryEveryOrder(next.Value, others)) return true;
        }

        return false;
    }
}
