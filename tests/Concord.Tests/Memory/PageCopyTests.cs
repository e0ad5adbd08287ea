using System.Runtime.InteropServices;
using Concord.Memory;
using Concord.Tests.Caching;

namespace Concord.Tests.Memory;

/// <summary>Copies at every place and of every length, and what a reader sees of them meanwhile.</summary>
public sealed class PageCopyTests
{
    private const int Grain = sizeof(long);

    [Fact]
    public void Every_place_and_length_moves_its_bytes_and_no_other()
    {
        byte[] source = Pages.Pattern(600, seed: 1);
        for (int inside = 0; inside < 2 * Grain; inside++)
        {
            for (int length = 0; length < 300; length++)
            {
                byte[] page = new byte[600];
                PageCopy.Copy(source.AsSpan(0, length), page.AsSpan(inside), inside);
                Assert.Equal(-1, page.AsSpan(0, inside).IndexOfAnyExcept((byte)0));
                Assert.True(page.AsSpan(inside, length).SequenceEqual(source.AsSpan(0, length)));
                Assert.Equal(-1, page.AsSpan(inside + length).IndexOfAnyExcept((byte)0));
            }
        }
    }

    [Fact]
    public void An_aligned_word_is_seen_old_or_new_wherever_the_copy_begins()
    {
        // Between two threads on two processors a torn word shows within some hundred copies. Each waits for the other
        // now and then, so that both are at work whatever else the machine does.
        const int Words = 256, Rounds = 400, Turns = 500;
        long[] page = new long[Words];
        byte[][] values = [Filled(0x55, (Words - 1) * Grain), Filled(0xAA, (Words - 1) * Grain)];
        page.AsSpan().Fill(Word(0x55));
        int torn = 0, looks = 0;
        using var reader = new Repeating(() =>
        {
            // The first and the last are ends of some copies.
            for (int word = 1; word < Words - 1; word++)
            {
                long seen = Volatile.Read(ref page[word]);
                if (seen != Word(0x55) && seen != Word(0xAA)) Interlocked.Increment(ref torn);
            }

            Interlocked.Increment(ref looks);
        });
        for (int round = 0; round < Rounds && Volatile.Read(ref torn) == 0; round++)
        {
            int before = Volatile.Read(ref looks);
            Patience.Await(() => Volatile.Read(ref looks) != before);
            for (int turn = 0; turn < Turns; turn++)
            {
                int inside = 1 + (turn % (Grain - 1));
                PageCopy.Copy(values[turn & 1], MemoryMarshal.AsBytes(page.AsSpan())[inside..], inside);
            }
        }

        reader.Stop();
        Assert.Equal(0, torn);
    }

    private static long Word(byte value) => unchecked(value * 0x0101010101010101L);

    private static byte[] Filled(byte value, int length) => [.. Enumerable.Repeat(value, length)];
}
