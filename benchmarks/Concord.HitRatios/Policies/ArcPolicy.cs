namespace Concord.HitRatios.Policies;

/// <summary>
/// ARC (Megiddo, Modha 2003): a list of pages used once and one of pages used again, each with a history of those that
/// left; a request for one in a history moves the border between the lists.
/// </summary>
internal sealed class ArcPolicy(int capacity, int footprint) : ReplacementPolicy
{
    private const int Once = 0, Again = 1, LeftOnce = 2, LeftAgain = 3, Nowhere = -1;

    private readonly PageLists _lists = new(footprint, lists: 4);
    private readonly sbyte[] _list = NewPlaces(footprint);
    private double _onceTarget;

    internal override bool Request(int page)
    {
        switch (_list[page])
        {
            case Once or Again:
                Move(page, Again);
                return true;
            case LeftOnce:
                double step = Math.Max(1.0, (double)_lists.Count(LeftAgain) / _lists.Count(LeftOnce));
                _onceTarget = Math.Min(capacity, _onceTarget + step);
                Replace(isAgain: false);
                Move(page, Again);
                return false;
            case LeftAgain:
                step = Math.Max(1.0, (double)_lists.Count(LeftOnce) / _lists.Count(LeftAgain));
                _onceTarget = Math.Max(0, _onceTarget - step);
                Replace(isAgain: true);
                Move(page, Again);
                return false;
            default:
                MakeRoom();
                Move(page, Once);
                return false;
        }
    }

    /// <summary>Makes room for a page that nobody knows, in the cache and in the histories.</summary>
    private void MakeRoom()
    {
        int once = _lists.Count(Once) + _lists.Count(LeftOnce);
        int all = once + _lists.Count(Again) + _lists.Count(LeftAgain);
        if (once == capacity)
        {
            if (_lists.Count(Once) == capacity)
            {
                Move(_lists.Oldest(Once), Nowhere);
                return;
            }

            Move(_lists.Oldest(LeftOnce), Nowhere);
            Replace(isAgain: false);
        }
        else if (all >= capacity)
        {
            if (all == 2 * capacity) Move(_lists.Oldest(LeftAgain), Nowhere);
            Replace(isAgain: false);
        }
    }

    private void Replace(bool isAgain)
    {
        int once = _lists.Count(Once);
        bool takesOnce = once > 0 && (once > _onceTarget || (isAgain && once == (int)_onceTarget));
        if (takesOnce || _lists.Count(Again) == 0) Move(_lists.Oldest(Once), LeftOnce);
        else Move(_lists.Oldest(Again), LeftAgain);
    }

    private void Move(int page, int list)
    {
        if (_list[page] != Nowhere) _lists.Remove(_list[page], page);
        _list[page] = (sbyte)list;
        if (list != Nowhere) _lists.AddNewest(list, page);
    }

    private static sbyte[] NewPlaces(int footprint)
    {
        sbyte[] places = new sbyte[footprint];
        Array.Fill(places, (sbyte)Nowhere);
        return places;
    }
}
