using Concord.Interop;

namespace Concord.Tests.Interop;

public sealed class AddressTableTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void It_finds_what_a_sorted_list_finds(int seed)
    {
        var random = new Random(seed);
        var table = new AddressTable<object>();
        var model = new SortedDictionary<nuint, (nuint End, object Owner)>();
        for (int step = 0; step < 20_000; step++)
        {
            nuint start = (nuint)random.Next(1, 5000) * 4, end = start + (nuint)random.Next(1, 9);
            if (random.Next(5) < 3)
            {
                object owner = new();
                bool isFree = !model.Any(range => range.Key < end && start < range.Value.End);
                Assert.Equal(isFree, table.TryAdd(start, end, owner));
                if (isFree) model.Add(start, (end, owner));
            }
            else
            {
                Assert.Equal(model.Remove(start), table.TryRemove(start));
            }

            if (step % 100 != 0) continue;
            nuint address = (nuint)random.Next(0, 21_000);
            var expected = model.FirstOrDefault(range => range.Value.End > address);
            Assert.Equal(expected.Value.Owner is not null, table.Current.TryFind(address, out var found));
            Assert.Same(expected.Value.Owner, found.Owner);
            Assert.Equal(model.Keys, table.Current.ToArray().Select(static entry => entry.Start));
            Assert.Equal(model.Count == 0, table.Current.IsEmpty);
        }
    }

    [Fact]
    public void What_was_read_does_not_change()
    {
        var table = new AddressTable<string>();
        table.TryAdd(10, 20, "a");
        var before = table.Current;
        table.TryRemove(10);
        table.TryAdd(30, 40, "b");

        Assert.True(before.TryFind(0, out var found));
        Assert.Equal("a", found.Owner);
        Assert.Equal(1, before.Count);
    }
}
