namespace Concord.HitRatios.Policies;

/// <summary>
/// W-TinyLFU (Einziger, Friedman, Manes 2017): new pages pass a window of a hundredth; one that leaves it takes the
/// place of the main part's oldest only if it was asked for more often lately. The main part has a protected four
/// fifths.
/// </summary>
internal sealed class TinyLfuPolicy : ReplacementPolicy
{
    private const int Window = 0, Probation = 1, Protected = 2, Nowhere = -1;

    private readonly int _capacity, _windowMax, _protectedMax;
    private readonly PageLists _lists;
    private readonly sbyte[] _list;
    private readonly FrequencySketch _frequencies;

    internal TinyLfuPolicy(int capacity, int footprint)
    {
        _capacity = capacity;
        _windowMax = Math.Max(1, capacity / 100);
        _protectedMax = (capacity - _windowMax) * 4 / 5;
        _lists = new PageLists(footprint, lists: 3);
        _list = new sbyte[footprint];
        Array.Fill(_list, (sbyte)Nowhere);
        _frequencies = new FrequencySketch(capacity);
    }

    internal override bool Request(int page)
    {
        _frequencies.Add(page);
        switch (_list[page])
        {
            case Window:
                Move(page, Window);
                return true;
            case Probation or Protected:
                Move(page, Protected);
                if (_lists.Count(Protected) > _protectedMax) Move(_lists.Oldest(Protected), Probation);
                return true;
            default:
                Move(page, Window);
                if (_lists.Count(Window) > _windowMax) LeaveWindow(_lists.Oldest(Window));
                return false;
        }
    }

    private void LeaveWindow(int candidate)
    {
        Move(candidate, Probation);
        if (_lists.Count(Window) + _lists.Count(Probation) + _lists.Count(Protected) <= _capacity) return;
        int victim = _lists.Oldest(Probation);
        if (victim == candidate && _lists.Count(Protected) > 0) victim = _lists.Oldest(Protected);
        bool wins = _frequencies.CountOf(candidate) > _frequencies.CountOf(victim);
        Move(wins ? victim : candidate, Nowhere);
    }

    private void Move(int page, int list)
    {
        if (_list[page] != Nowhere) _lists.Remove(_list[page], page);
        _list[page] = (sbyte)list;
        if (list != Nowhere) _lists.AddNewest(list, page);
    }
}
