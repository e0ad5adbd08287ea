namespace Concord.Memory;

/// <summary>A second mapping of a range of a section, in one piece.</summary>
internal sealed class SectionAlias(nint address, Action unmap) : IDisposable
{
    private Action? _unmap = unmap;

    /// <summary>Where the first byte of the range is.</summary>
    internal nint Address { get; } = address;

    public void Dispose() => Interlocked.Exchange(ref _unmap, null)?.Invoke();
}
