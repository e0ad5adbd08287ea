namespace Concord.Tests.Caching;

/// <summary>One call of a store, as a test's double saw it.</summary>
internal readonly record struct StoreCall(StoreCallKind Kind, long Offset = 0, int Length = 0)
{
    internal ByteRange Range => new(Offset, Length);
}
