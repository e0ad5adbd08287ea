using System.Numerics;

namespace Concord;

/// <summary>Which pages of a range are resident: one bit a page.</summary>
/// <remarks>A picture of the moment it was taken; immutable once handed out, and safe to read from any thread.</remarks>
public sealed class PageMap
{
    private const int BitsPerWord = 64;

    private readonly ulong[] _words;

    /// <exception cref="OverflowException">More pages than an array can have bits for: 137 billion.</exception>
    internal PageMap(long firstPage, long pages)
    {
        FirstPage = firstPage;
        Pages = pages;
        _words = new ulong[checked((int)((pages + BitsPerWord - 1) / BitsPerWord))];
    }

    /// <summary>Number, within the file, of the first page the map tells of.</summary>
    public long FirstPage { get; }

    /// <summary>How many pages the map tells of.</summary>
    public long Pages { get; }

    /// <summary>Whether a page, numbered within the file, is resident.</summary>
    /// <param name="page">From <see cref="FirstPage"/> to <see cref="FirstPage"/> + <see cref="Pages"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The map does not tell of the page.</exception>
    public bool this[long page]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(page, FirstPage);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(page, FirstPage + Pages);
            long bit = page - FirstPage;
            return (_words[bit / BitsPerWord] >> (int)(bit % BitsPerWord) & 1) != 0;
        }
    }

    /// <summary>
    /// How many pages of [<paramref name="start"/>, <paramref name="end"/>), numbered within the file, are resident;
    /// pages that the map does not tell of count as absent. Costs one instruction for 64 pages; allocates nothing.
    /// </summary>
    /// <param name="start">The first page.</param>
    /// <param name="end">One past the last page.</param>
    public long Count(long start, long end)
    {
        long first = Math.Max(start - FirstPage, 0), last = Math.Min(end - FirstPage, Pages) - 1;
        if (first > last) return 0;
        int firstWord = (int)(first / BitsPerWord), lastWord = (int)(last / BitsPerWord);
        ulong head = ulong.MaxValue << (int)(first % BitsPerWord);
        ulong tail = ulong.MaxValue >> (BitsPerWord - 1 - (int)(last % BitsPerWord));
        if (firstWord == lastWord) return BitOperations.PopCount(_words[firstWord] & head & tail);

        long count = BitOperations.PopCount(_words[firstWord] & head) + BitOperations.PopCount(_words[lastWord] & tail);
        foreach (ulong word in _words.AsSpan(firstWord + 1, lastWord - firstWord - 1)) count += BitOperations.PopCount(word);
        return count;
    }

    /// <summary>Marks the pages [<paramref name="start"/>, <paramref name="end"/>) resident.</summary>
    internal void Set(long start, long end)
    {
        long first = start - FirstPage, last = end - FirstPage - 1;
        if (first > last) return;
        int firstWord = (int)(first / BitsPerWord), lastWord = (int)(last / BitsPerWord);
        ulong head = ulong.MaxValue << (int)(first % BitsPerWord);
        ulong tail = ulong.MaxValue >> (BitsPerWord - 1 - (int)(last % BitsPerWord));
        if (firstWord == lastWord)
        {
            _words[firstWord] |= head & tail;
            return;
        }

        _words[firstWord] |= head;
        _words[lastWord] |= tail;
        _words.AsSpan(firstWord + 1, lastWord - firstWord - 1).Fill(ulong.MaxValue);
    }

    /// <summary>Finds the next run of resident pages at or after <paramref name="from"/>, if there is one.</summary>
    internal bool TryNextRun(long from, out long start, out long end)
    {
        start = Next(Math.Max(from - FirstPage, 0), 0);
        end = start < Pages ? Next(start, ulong.MaxValue) : Pages;
        bool found = start < Pages;
        start += FirstPage;
        end += FirstPage;
        return found;
    }

    /// <summary>The first bit, from <paramref name="bit"/> on, that is set in a word XOR <paramref name="flip"/>.</summary>
    private long Next(long bit, ulong flip)
    {
        for (long word = bit / BitsPerWord; word < _words.Length; word++)
        {
            ulong candidates = _words[word] ^ flip;
            if (word == bit / BitsPerWord) candidates &= ulong.MaxValue << (int)(bit % BitsPerWord);
            if (candidates != 0)
            {
                return Math.Min((word * BitsPerWord) + BitOperations.TrailingZeroCount(candidates), Pages);
            }
        }

        return Pages;
    }
}
