namespace Concord.Nt;

/// <summary>A stretch of code that runs at a raised level; made by <see cref="Irql.Raise"/>.</summary>
/// <remarks>It cannot leave the thread it was made on. Scopes are disposed in the reverse of the order in which they
/// were made, as <c>using</c> does.</remarks>
public readonly ref struct IrqlScope
{
    private readonly byte _former;

    internal IrqlScope(byte former) => _former = former;

    /// <summary>Restores the level from before. Does not block and does not allocate.</summary>
    public void Dispose() => Irql.Lower(_former);
}
