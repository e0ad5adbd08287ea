namespace Concord.HitRatios.Policies;

/// <summary>
/// About how often each page was asked for lately: four small counters a page, shared with others, of which the lowest
/// counts. All are halved after ten requests for each page of the capacity.
/// </summary>
internal sealed class FrequencySketch
{
    private const int Rows = 4, CountMax = 15, RequestsAPage = 10;

    private readonly byte[] _counts;
    private readonly int _rowMask, _requestsMax;
    private int _requests;

    internal FrequencySketch(int capacity)
    {
        int row = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, 4 * capacity));
        _counts = new byte[Rows * row];
        _rowMask = row - 1;
        _requestsMax = RequestsAPage * Math.Max(capacity, 8);
    }

    internal int CountOf(int page)
    {
        int least = CountMax;
        for (int row = 0; row < Rows; row++) least = Math.Min(least, _counts[PlaceOf(page, row)]);
        return least;
    }

    internal void Add(int page)
    {
        bool isNews = false;
        for (int row = 0; row < Rows; row++)
        {
            ref byte count = ref _counts[PlaceOf(page, row)];
            if (count == CountMax) continue;
            count++;
            isNews = true;
        }

        if (!isNews || ++_requests < _requestsMax) return;
        for (int place = 0; place < _counts.Length; place++) _counts[place] >>= 1;
        _requests /= 2;
    }

    private int PlaceOf(int page, int row) =>
        (row * (_rowMask + 1)) + (int)(PageHash.Of(page, (uint)row + 1) & (uint)_rowMask);
}
