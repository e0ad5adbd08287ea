using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Concord.Tests.Stores;

/// <summary>
/// The memory of a store is there as long as somebody is in a call of it, whoever ends the store meanwhile.
/// </summary>
public sealed class SharedMemoryUseTests
{
    public SharedMemoryUseTests() =>
        Assert.SkipUnless(ProcessorCache.IsSupported, SkipPolicy.OtherProcessor + ProcessorCache.UnsupportedReason);

    [Fact]
    public void A_store_that_nobody_refers_to_any_more_keeps_its_memory_until_its_call_has_ended()
    {
        byte[] destination = new byte[5000];
        using var memory = new WatchedMemory(destination, static () =>
        {
            // What is unreachable now is finalized here, in the middle of the call.
            for (int round = 0; round < 3; round++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        });
        Assert.Equal(destination.Length, ReadOnce(memory.Memory));
        Assert.True(memory.WasTouched);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static int ReadOnce(Memory<byte> into) => SharedMemoryStore.Create(10_000).Read(0, into);
    }

    [Fact]
    public void A_store_that_is_disposed_beside_a_call_keeps_its_memory_until_the_call_has_ended()
    {
        var store = SharedMemoryStore.Create(10_000);
        store.Write(0, [new byte[] { 1, 2, 3 }]);
        byte[] destination = new byte[5000];
        using var memory = new WatchedMemory(destination, () =>
        {
            var disposing = new Thread(store.Dispose);
            disposing.Start();
            disposing.Join();
        });
        Assert.Equal(destination.Length, store.Read(0, memory.Memory));
        Assert.Equal([1, 2, 3], destination[..3]);
        Assert.Throws<ObjectDisposedException>(() => store.Read(0, destination));
    }

    [Fact]
    public void Lent_memory_is_used_by_nobody_when_dispose_has_returned()
    {
        const int Bytes = 10_000;
        nint address = Marshal.AllocHGlobal(Bytes);
        var store = SharedMemoryStore.Over(address, Bytes);
        bool hasEnded = false, hadEnded = false;
        var disposing = new Thread(() =>
        {
            store.Dispose();
            hadEnded = Volatile.Read(ref hasEnded);
        });
        byte[] destination = new byte[5000];
        using var memory = new WatchedMemory(destination, () =>
        {
            disposing.Start();

            // From here on the store is closed, and whoever closes it waits.
            Patience.Await(
                () => Record.Exception(() => store.FlushLines(new ByteRange(0, 1))) is ObjectDisposedException);
            Assert.False(disposing.Join(0));
            Volatile.Write(ref hasEnded, true);
        });
        Assert.Equal(destination.Length, store.Read(0, memory.Memory));
        Assert.True(disposing.Join(TimeSpan.FromSeconds(30)));
        Assert.True(hadEnded);
        Marshal.FreeHGlobal(address);
    }

    [Fact]
    public async Task Calls_and_dispose_of_other_threads_end_in_words()
    {
        for (int round = 0; round < 50; round++)
        {
            var store = SharedMemoryStore.Create(1 << 20);
            var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Task[] callers = [.. Enumerable.Range(0, 3).Select(async caller =>
            {
                await start.Task;
                byte[] bytes = new byte[100_000];
                while (true)
                {
                    try
                    {
                        if (caller == 0) store.Read(0, bytes);
                        else if (caller == 1) store.Write(0, [bytes]);
                        else store.Barrier();
                    }
                    catch (ObjectDisposedException)
                    {
                        return;
                    }
                }
            })];
            start.SetResult();
            store.Dispose();
            await Task.WhenAll(callers);
        }
    }

    /// <summary>Memory that runs something when a store begins to fill it.</summary>
    private sealed class WatchedMemory(byte[] bytes, Action touch) : MemoryManager<byte>
    {
        internal bool WasTouched { get; private set; }

        public override Memory<byte> Memory => CreateMemory(bytes.Length);

        public override Span<byte> GetSpan()
        {
            if (!WasTouched)
            {
                WasTouched = true;
                touch();
            }

            return bytes;
        }

        public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin() => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            // The bytes are the test's.
        }
    }
}
