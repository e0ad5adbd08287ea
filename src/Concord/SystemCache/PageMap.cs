using System.Numerics;

namespace Concord;

/// <summary>Which pages of a range are resident: one bit a page, for the parts of the range where any are.</summary>
/// <remarks>
/// A snapshot; immutable once returned, and safe to read from any thread. Its memory grows with the resident pages and
/// not with the range, which may be terabytes of holes.
/// </remarks>
public sealed class PageMap
{
    private const int BitsPerWord = 64;

    /// <summary>Pages that a part covers: 4 KiB of bits for 128 MiB of a file.</summary>
    private const int PagesPerPart = 32 << 10, WordsPerPart = PagesPerPart / BitsPerWord;

    /// <summary>The words of every part that is resident as a whole; never written.</summary>
    private static readonly ulong[] Whole = MakeWhole();

    /// <summary>The parts with resident pages, by their numbers.</summary>
    private readonly List<(long Number, ulong[] Words)> _parts = [];

    internal PageMap(long firstPage, long pages)
    {
        FirstPage = firstPage;
        Pages = pages;
    }

    /// <summary>Number, within the file, of the first page that the map covers.</summary>
    public long FirstPage { get; }

    /// <summary>How many pages the map covers.</summary>
    public long Pages { get; }

    /// <summary>Whether a page, numbered within the file, is resident.</summary>
    /// <param name="page">From <see cref="FirstPage"/> to <see cref="FirstPage"/> + <see cref="Pages"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The map does not cover the page.</exception>
    public bool this[long page]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(page, FirstPage);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(page, FirstPage + Pages);
            long bit = page - FirstPage;
            int within = (int)(bit % PagesPerPart);
            ulong word = Find(bit / PagesPerPart)?[within / BitsPerWord] ?? 0;
            return (word >> (within % BitsPerWord) & 1) != 0;
        }
    }

    /// <summary>
    /// How many pages of [<paramref name="start"/>, <paramref name="end"/>), numbered within the file, are resident;
    /// pages that the map does not cover count as absent. Costs one instruction for 64 pages; allocates nothing. Does
    /// not block.
    /// </summary>
    /// <param name="start">The first page.</param>
    /// <param name="end">One past the last page.</param>
    public long Count(long start, long end)
    {
        long first = Math.Max(start - FirstPage, 0), last = Math.Min(end - FirstPage, Pages) - 1;
        if (first > last) return 0;
        long count = 0;
        for (int index = IndexOf(first / PagesPerPart); index < _parts.Count; index++)
        {
            (long number, ulong[] words) = _parts[index];
            if (number > last / PagesPerPart) break;
            (int from, int to) = Meet(number, first, last);
            bool isWhole = IsWhole(from, to) && ReferenceEquals(words, Whole);
            count += isWhole ? PagesPerPart : Count(words, from, to);
        }

        return count;
    }

    /// <summary>Marks the pages [<paramref name="start"/>, <paramref name="end"/>) resident.</summary>
    internal void Set(long start, long end)
    {
        long first = start - FirstPage, last = end - FirstPage - 1;
        if (first > last) return;
        for (long number = first / PagesPerPart; number <= last / PagesPerPart; number++)
        {
            (int from, int to) = Meet(number, first, last);
            int index = IndexOf(number);
            bool isThere = index < _parts.Count && _parts[index].Number == number;
            if (isThere && ReferenceEquals(_parts[index].Words, Whole)) continue;
            ulong[] words = IsWhole(from, to) ? Whole : isThere ? _parts[index].Words : new ulong[WordsPerPart];
            if (!ReferenceEquals(words, Whole)) Mark(words, from, to);
            if (isThere) _parts[index] = (number, words);
            else _parts.Insert(index, (number, words));
        }
    }

    /// <summary>Finds the next run of resident pages at or after <paramref name="from"/>, if there is one.</summary>
    internal bool TryNextRun(long from, out long start, out long end)
    {
        start = NextResident(Math.Max(from - FirstPage, 0));
        end = start < Pages ? NextAbsent(start) : Pages;
        bool found = start < Pages;
        start += FirstPage;
        end += FirstPage;
        return found;
    }

    private static ulong[] MakeWhole()
    {
        var words = new ulong[WordsPerPart];
        Array.Fill(words, ulong.MaxValue);
        return words;
    }

    /// <summary>The bits of a part that lie between two bits of the map, both included.</summary>
    private static (int From, int To) Meet(long number, long first, long last)
    {
        long start = number * PagesPerPart;
        return ((int)Math.Max(first - start, 0), (int)Math.Min(last - start, PagesPerPart - 1));
    }

    private static bool IsWhole(int from, int to) => from == 0 && to == PagesPerPart - 1;

    private static long Count(ulong[] words, int from, int to)
    {
        int firstWord = from / BitsPerWord, lastWord = to / BitsPerWord;
        (ulong head, ulong tail) = Masks(from, to);
        if (firstWord == lastWord) return BitOperations.PopCount(words[firstWord] & head & tail);

        long count = BitOperations.PopCount(words[firstWord] & head) + BitOperations.PopCount(words[lastWord] & tail);
        for (int word = firstWord + 1; word < lastWord; word++) count += BitOperations.PopCount(words[word]);
        return count;
    }

    private static void Mark(ulong[] words, int from, int to)
    {
        int firstWord = from / BitsPerWord, lastWord = to / BitsPerWord;
        (ulong head, ulong tail) = Masks(from, to);
        if (firstWord == lastWord)
        {
            words[firstWord] |= head & tail;
            return;
        }

        words[firstWord] |= head;
        words[lastWord] |= tail;
        words.AsSpan(firstWord + 1, lastWord - firstWord - 1).Fill(ulong.MaxValue);
    }

    private static (ulong Head, ulong Tail) Masks(int from, int to) =>
        (ulong.MaxValue << (from % BitsPerWord), ulong.MaxValue >> (BitsPerWord - 1 - (to % BitsPerWord)));

    /// <summary>
    /// The first bit of a part, from <paramref name="bit"/> on, that is set in a word XOR <paramref name="flip"/>.
    /// </summary>
    private static int Next(ulong[] words, int bit, ulong flip)
    {
        for (int word = bit / BitsPerWord; word < WordsPerPart; word++)
        {
            ulong candidates = words[word] ^ flip;
            if (word == bit / BitsPerWord) candidates &= ulong.MaxValue << (bit % BitsPerWord);
            if (candidates != 0) return (word * BitsPerWord) + BitOperations.TrailingZeroCount(candidates);
        }

        return PagesPerPart;
    }

    private long NextResident(long bit)
    {
        for (int index = IndexOf(bit / PagesPerPart); index < _parts.Count; index++)
        {
            (long number, ulong[] words) = _parts[index];
            int next = Next(words, (int)Math.Max(bit - (number * PagesPerPart), 0), 0);
            if (next < PagesPerPart) return Math.Min((number * PagesPerPart) + next, Pages);
        }

        return Pages;
    }

    private long NextAbsent(long bit)
    {
        while (bit < Pages && Find(bit / PagesPerPart) is { } words)
        {
            int next = Next(words, (int)(bit % PagesPerPart), ulong.MaxValue);
            bit = (bit / PagesPerPart * PagesPerPart) + next;
            if (next < PagesPerPart) break;
        }

        return Math.Min(bit, Pages);
    }

    private ulong[]? Find(long number)
    {
        int index = IndexOf(number);
        return index < _parts.Count && _parts[index].Number == number ? _parts[index].Words : null;
    }

    /// <summary>The place of the first part whose number is not below another.</summary>
    private int IndexOf(long number)
    {
        if (_parts.Count == 0 || _parts[^1].Number < number) return _parts.Count;
        int low = 0, high = _parts.Count - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_parts[middle].Number < number) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
