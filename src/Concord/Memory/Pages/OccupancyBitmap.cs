using System.Numerics;

namespace Concord.Memory;

/// <summary>
/// One bit for each place of a sparse array: set where the place has something. A walk skips 64 empty places at a time.
/// </summary>
/// <remarks>
/// Reading takes no lock; changes need the lock of the array's owner. A place is filled before its bit is set.
/// </remarks>
internal sealed class OccupancyBitmap(int places)
{
    private const int PlacesPerWord = 64;

    private readonly ulong[] _words = new ulong[(places + PlacesPerWord - 1) / PlacesPerWord];

    /// <summary>Notes that a place is filled, or is empty.</summary>
    internal void Set(int place, bool isTaken)
    {
        ulong bit = 1UL << (place % PlacesPerWord);
        ref ulong word = ref _words[place / PlacesPerWord];
        Volatile.Write(ref word, isTaken ? word | bit : word & ~bit);
    }

    /// <summary>The first taken place from this one on, or -1.</summary>
    internal int Next(int place)
    {
        int index = place / PlacesPerWord;
        if (index >= _words.Length) return -1;
        ulong rest = Volatile.Read(ref _words[index]) & (ulong.MaxValue << (place % PlacesPerWord));
        while (rest == 0)
        {
            if (++index == _words.Length) return -1;
            rest = Volatile.Read(ref _words[index]);
        }

        return (index * PlacesPerWord) + BitOperations.TrailingZeroCount(rest);
    }

    /// <summary>A copy with as many places or more, with the same bits set.</summary>
    internal OccupancyBitmap Grown(int toPlaces)
    {
        var grown = new OccupancyBitmap(toPlaces);
        _words.CopyTo(grown._words, 0);
        return grown;
    }
}
