namespace Concord.Tests.House;

/// <summary>Finds the rings of a graph (its strongly connected components of more than one), as Tarjan does.</summary>
internal sealed class CycleSearch(IReadOnlyDictionary<string, HashSet<string>> edges)
{
    private readonly Dictionary<string, int> _number = [];
    private readonly Dictionary<string, int> _lowest = [];
    private readonly Stack<string> _path = [];
    private readonly HashSet<string> _isOnPath = [];
    private readonly List<IReadOnlyList<string>> _found = [];

    /// <summary>The rings, the largest first, each in the order of its names.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Find()
    {
        foreach (string node in edges.Keys)
        {
            if (!_number.ContainsKey(node)) Visit(node);
        }

        return [.. _found.OrderByDescending(static ring => ring.Count)];
    }

    private void Visit(string node)
    {
        _number[node] = _lowest[node] = _number.Count;
        _path.Push(node);
        _isOnPath.Add(node);
        foreach (string next in edges[node])
        {
            if (!edges.ContainsKey(next)) continue;
            if (!_number.ContainsKey(next)) Visit(next);
            if (_isOnPath.Contains(next)) _lowest[node] = Math.Min(_lowest[node], _lowest[next]);
        }

        if (_lowest[node] != _number[node]) return;
        var ring = new List<string>();
        do
        {
            ring.Add(_path.Pop());
            _isOnPath.Remove(ring[^1]);
        }
        while (ring[^1] != node);
        if (ring.Count > 1) _found.Add([.. ring.Order(StringComparer.Ordinal)]);
    }
}
