namespace Concord.Stores;

/// <summary>
/// What a store is, as it said when it was opened. Whoever made it may compare it in any way: one that throws is equal
/// to nothing, and the opening that asked is told.
/// </summary>
internal sealed class StoreIdentity : IEquatable<StoreIdentity>
{
    private readonly object _value;
    private readonly int _hash;
    private volatile Exception? _failure;

    internal StoreIdentity(object value)
    {
        _value = value;
        _hash = value.GetHashCode();
    }

    /// <summary>What a comparison has thrown; null if none has.</summary>
    internal Exception? Failure => _failure;

    public bool Equals(StoreIdentity? other)
    {
        if (other == this) return true;
        if (other is null || other._hash != _hash) return false;
        try
        {
            return _value.Equals(other._value);
        }
        catch (Exception error)
        {
            // Which of the two is being opened, nobody knows here: the other one is not asked any more.
            _failure = other._failure = error;
            return false;
        }
    }

    public override bool Equals(object? obj) => Equals(obj as StoreIdentity);

    public override int GetHashCode() => _hash;
}
