namespace Concord.BenchmarkDotNet.Targets;

/// <summary>Memory that a name refers to, held so that it can be flushed again and again without allocating.</summary>
internal abstract class ColdMemory
{
    /// <summary>
    /// Whether the garbage collector owns the memory, so that a reference to this object keeps the memory too. Other
    /// memory may be freed by its owner.
    /// </summary>
    public abstract bool IsCollected { get; }

    /// <summary>Writes the memory's lines back and invalidates them on every processor.</summary>
    public abstract void Flush();
}
