namespace Concord.Tests.Caching.Stacks;

/// <summary>
/// Everybody at once on stacks of files in a small cache: writers with a part of the file each, which know what they
/// wrote last, and others who flush and purge at every level.
/// </summary>
internal sealed class StackLoad(FileStack[] stacks, int writers, int partPages)
{
    private const int SlotBytes = 3000;

    private readonly List<Exception> _errors = [];
    private readonly ManualResetEventSlim _over = new();
    private int _left;
    private long _turns;

    /// <summary>Turns of writers that have ended.</summary>
    internal long Turns => Volatile.Read(ref _turns);

    private int Slots => partPages * Pages.Bytes / SlotBytes;

    /// <summary>Runs for a time, and checks every byte afterwards, in the files and in the lowest stores.</summary>
    internal void Run(TimeSpan time, bool callsAsync)
    {
        long[][][] versions = [.. stacks.Select(_ => NewVersions())];
        for (int i = 0; i < stacks.Length; i++)
        {
            var stack = stacks[i];
            for (int writer = 0; writer < writers; writer++)
            {
                var (mine, own) = (versions[i][writer], writer);
                Begin(() => WriteAndRead(stack, own, mine, callsAsync));
            }

            foreach (var file in stack.Files)
            {
                Begin(() => Rest(() => file.FlushAndPurge()));
                Begin(() => Rest(() => file.FlushAndPurge(new ByteRange(0, 1 << 20), CoherencyOptions.NoPurge)));
            }
        }

        _over.Wait(time);
        _over.Set();
        Patience.Await(() => Volatile.Read(ref _left) == 0);
        Assert.Empty(_errors);
        for (int i = 0; i < stacks.Length; i++) Check(stacks[i], versions[i]);
    }

    private static byte[] Content(int writer, int slot, long version)
    {
        byte[] bytes = new byte[SlotBytes];
        if (version > 0) new Random(HashCode.Combine(writer, slot, version)).NextBytes(bytes);
        return bytes;
    }

    private void Begin(Action turn)
    {
        Interlocked.Increment(ref _left);
        new Thread(() =>
        {
            try
            {
                while (!_over.IsSet) turn();
            }
            catch (Exception error)
            {
                lock (_errors) _errors.Add(error);
                _over.Set();
            }
            finally
            {
                Interlocked.Decrement(ref _left);
            }
        })
        { IsBackground = true }.Start();
    }

    /// <summary>A call, and a moment for the others.</summary>
    private void Rest(Action call)
    {
        call();
        _over.Wait(TimeSpan.FromMilliseconds(1));
    }

    private long[][] NewVersions() => [.. Enumerable.Range(0, writers).Select(_ => new long[Slots])];

    private void WriteAndRead(FileStack stack, int writer, long[] versions, bool callsAsync)
    {
        var random = Random.Shared;
        int slot = random.Next(Slots);
        if (random.Next(2) == 0)
        {
            byte[] next = Content(writer, slot, versions[slot] + 1);
            if (callsAsync) stack.Top.WriteAsync(OffsetOf(writer, slot), next).AsTask().Wait();
            else stack.Top.Write(OffsetOf(writer, slot), next);
            versions[slot]++;
        }

        byte[] seen = new byte[SlotBytes];
        int count = callsAsync
            ? stack.Top.ReadAsync(OffsetOf(writer, slot), seen).AsTask().Result
            : stack.Top.Read(OffsetOf(writer, slot), seen);
        if (versions[slot] > 0) Assert.Equal(SlotBytes, count);
        Assert.Equal(Content(writer, slot, versions[slot])[..count], seen[..count]);
        Interlocked.Increment(ref _turns);
    }

    private long OffsetOf(int writer, int slot) => (long)writer * partPages * Pages.Bytes + (long)slot * SlotBytes;

    private void Check(FileStack stack, long[][] versions)
    {
        Assert.True(stack.Top.FlushAndPurge().IsComplete);
        for (int writer = 0; writer < writers; writer++)
        {
            for (int slot = 0; slot < Slots; slot++)
            {
                if (versions[writer][slot] == 0) continue;
                byte[] content = Content(writer, slot, versions[writer][slot]);
                Assert.Equal(content, stack.Stored(OffsetOf(writer, slot), SlotBytes));
                byte[] seen = new byte[SlotBytes];
                Assert.Equal(SlotBytes, stack.Top.Read(OffsetOf(writer, slot), seen));
                Assert.Equal(content, seen);
            }
        }
    }
}
