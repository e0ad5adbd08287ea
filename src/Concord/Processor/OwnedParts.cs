using Concord.Interop;

namespace Concord.Processor;

/// <summary>Divides a range into the parts that lie in foreign ranges and those between them, in order.</summary>
internal ref struct OwnedParts(nuint start, nuint end, AddressTable<IForeignRange>.Snapshot foreign)
{
    private readonly nuint _end = end;
    private nuint _cursor = start;

    /// <summary>A part, and the owner of its foreign range; null outside foreign ranges.</summary>
    internal readonly record struct Part(nuint Start, nuint End, IForeignRange? Owner);

    /// <summary>The current part.</summary>
    public Part Current { get; private set; }

    public readonly OwnedParts GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_cursor >= _end) return false;
        bool meets = foreign.TryFind(_cursor, out var next) && next.Start < _end;
        if (meets && next.Start <= _cursor) Current = new Part(_cursor, Math.Min(_end, next.End), next.Owner);
        else Current = new Part(_cursor, meets ? next.Start : _end, null);
        _cursor = Current.End;
        return true;
    }
}
