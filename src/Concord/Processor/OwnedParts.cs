using Concord.Interop;

namespace Concord.Processor;

/// <summary>Cuts a range up into the parts that belong to somebody else and those between them, in order.</summary>
internal ref struct OwnedParts(nuint start, nuint end, ReadOnlySpan<ForeignRanges.Entry> foreign)
{
    private readonly ReadOnlySpan<ForeignRanges.Entry> _foreign = foreign;
    private readonly nuint _end = end;
    private nuint _cursor = start;
    private int _next = ForeignRanges.FirstEndingAfter(foreign, start);

    /// <summary>A part, and its owner; null when it is nobody's.</summary>
    internal readonly record struct Part(nuint Start, nuint End, IForeignRange? Owner);

    /// <summary>The part in hand.</summary>
    public Part Current { get; private set; }

    public readonly OwnedParts GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_cursor >= _end) return false;
        bool meets = _next < _foreign.Length && _foreign[_next].Start < _end;
        if (meets && _foreign[_next].Start <= _cursor)
        {
            Current = new Part(_cursor, Math.Min(_end, _foreign[_next].End), _foreign[_next].Owner);
            _next++;
        }
        else
        {
            Current = new Part(_cursor, meets ? _foreign[_next].Start : _end, null);
        }

        _cursor = Current.End;
        return true;
    }
}
