namespace Concord.Stores;

/// <summary>
/// The identity that a store had when it was opened. The application may define how it is compared: one whose
/// comparison throws equals no other, and the opening that compares it fails.
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

    /// <summary>The exception that a comparison threw; null if none did.</summary>
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
            // Either of the two may be the one that is being opened, so note the failure at both.
            _failure = other._failure = error;
            return false;
        }
    }

    public override bool Equals(object? obj) => Equals(obj as StoreIdentity);

    public override int GetHashCode() => _hash;
}
