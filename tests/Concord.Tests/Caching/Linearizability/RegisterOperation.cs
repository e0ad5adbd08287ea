namespace Concord.Tests.Caching.Linearizability;

/// <summary>
/// One read or write of a register: what it read or wrote, and the moments between which it took effect.
/// </summary>
internal readonly record struct RegisterOperation(bool IsWrite, long Value, long Begin, long End)
{
    public override string ToString() => $"{(IsWrite ? "write" : "read")} {Value} in [{Begin}, {End}]";
}
