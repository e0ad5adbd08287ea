namespace Concord.Nt;

/// <summary>
/// One byte that is true or not: whatever is not 0 is true. Converts from and to <see langword="bool"/>. (NT: BOOLEAN.)
/// </summary>
/// <param name="Value">1 for TRUE, 0 for FALSE.</param>
public readonly record struct BOOLEAN(byte Value)
{
    /// <summary>True.</summary>
    public static BOOLEAN TRUE => new(1);

    /// <summary>Not true.</summary>
    public static BOOLEAN FALSE => new(0);

    /// <summary>Whether it is true.</summary>
    public static implicit operator bool(BOOLEAN value) => value.Value != 0;

    /// <summary>The byte for a truth.</summary>
    public static implicit operator BOOLEAN(bool value) => value ? TRUE : FALSE;

    /// <summary>TRUE or FALSE.</summary>
    public override string ToString() => Value != 0 ? nameof(TRUE) : nameof(FALSE);
}
