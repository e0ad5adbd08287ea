namespace Concord.Tests.Caching.Linearizability;

/// <summary>
/// Decides whether a history of one register is linearizable: whether each operation can be given a moment between its
/// begin and its end such that every read returns what the last write before it wrote.
/// </summary>
/// <remarks>
/// The search of Wing and Gong: take any operation that no other has ended before, and go back when a read does not
/// fit; with Lowe's memory of what was tried: the same set of operations with the same value leads nowhere twice.
/// </remarks>
internal sealed class RegisterChecker
{
    private readonly Node _head = new(-1, default, null);
    private readonly HashSet<Tried> _tried = [];
    private readonly Stack<(Node Call, long Before)> _taken = new();
    private readonly ulong[] _set;
    private long _value;

    private RegisterChecker(long initial, IReadOnlyList<RegisterOperation> history)
    {
        _value = initial;
        _set = new ulong[(history.Count + 63) / 64];
        var nodes = new List<(long Moment, Node Node)>();
        for (int i = 0; i < history.Count; i++)
        {
            var end = new Node(i, history[i], null);
            nodes.Add((history[i].Begin, new Node(i, history[i], end)));
            nodes.Add((history[i].End, end));
        }

        var last = _head;
        foreach (var (_, node) in nodes.OrderBy(pair => pair.Moment))
        {
            node.Before = last;
            last = last.After = node;
        }
    }

    /// <summary>
    /// Whether the operations, in any order and with distinct moments, are linearizable from a first value on.
    /// </summary>
    internal static bool IsLinearizable(long initial, IReadOnlyList<RegisterOperation> history) =>
        new RegisterChecker(initial, history).Search();

    private bool Search()
    {
        var node = _head.After;
        while (_head.After is not null)
        {
            if (node!.IsCall)
            {
                node = TryTake(node) ? _head.After : node.After;
                continue;
            }

            // An operation ended that has found no place: take back the last one that was given one.
            if (!_taken.TryPop(out var last)) return false;
            _set[last.Call.Number / 64] &= ~(1UL << (last.Call.Number % 64));
            _value = last.Before;
            last.Call.PutBack();
            node = last.Call.After;
        }

        return true;
    }

    private bool TryTake(Node call)
    {
        var operation = call.Operation;
        if (!operation.IsWrite && operation.Value != _value) return false;
        _set[call.Number / 64] |= 1UL << (call.Number % 64);
        if (!_tried.Add(new Tried([.. _set], operation.Value)))
        {
            _set[call.Number / 64] &= ~(1UL << (call.Number % 64));
            return false;
        }

        _taken.Push((call, _value));
        _value = operation.Value;
        call.TakeOut();
        return true;
    }

    /// <summary>A begin or an end of an operation, in the list of those that have no place yet.</summary>
    private sealed class Node(int number, RegisterOperation operation, Node? end)
    {
        internal int Number => number;

        internal RegisterOperation Operation => operation;

        internal bool IsCall => end is not null;

        internal Node? Before { get; set; }

        internal Node? After { get; set; }

        internal void TakeOut()
        {
            Unlink();
            end!.Unlink();
        }

        internal void PutBack()
        {
            end!.Link();
            Link();
        }

        private void Unlink()
        {
            Before!.After = After;
            if (After is not null) After.Before = Before;
        }

        private void Link()
        {
            Before!.After = this;
            if (After is not null) After.Before = this;
        }
    }

    private readonly struct Tried(ulong[] set, long value) : IEquatable<Tried>
    {
        private readonly ulong[] _set = set;
        private readonly long _value = value;

        public bool Equals(Tried other) => _value == other._value && _set.AsSpan().SequenceEqual(other._set);

        public override bool Equals(object? obj) => obj is Tried other && Equals(other);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            hash.Add(_value);
            foreach (ulong word in _set) hash.Add(word);
            return hash.ToHashCode();
        }
    }
}
