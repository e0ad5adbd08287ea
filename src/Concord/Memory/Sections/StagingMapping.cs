using Concord.Interop;

namespace Concord.Memory;

/// <summary>
/// A mapping of a section's window through which pages appear complete. No code touches its addresses: they permit no
/// access, and are registered for page faults, which is necessary to install pages there.
/// </summary>
internal sealed class StagingMapping : IDisposable
{
    private readonly SharedMemory _memory;
    private readonly ByteRange _window;
    private readonly nint _address;

    internal StagingMapping(SharedMemory memory, PageFaults faults, ByteRange window)
    {
        _memory = memory;
        Faults = faults;
        _window = window;
        _address = memory.MapClosed(window.Offset, window.Length);
        try
        {
            // A touch by code with rights to all memory fails where a guard is possible, and waits otherwise.
            if (PageGuard.Shared is { } guard) guard.Cover(_address, (nint)window.Length);
            else faults.Register(_address, (nint)window.Length, isTracked: false);
        }
        catch
        {
            memory.Unmap(_address, window.Length);
            throw;
        }
    }

    internal PageFaults Faults { get; }

    internal bool Covers(long offset) => offset >= _window.Offset && offset < _window.End;

    /// <inheritdoc cref="SharedSection.Install"/>
    internal (long Done, int Error) Install(ByteRange range, nint source) =>
        Faults.Copy(_address + (nint)(range.Offset - _window.Offset), source, (nint)range.Length);

    /// <summary>Removes the translations of a range, so that punching it interrupts no processor.</summary>
    internal void Forget(ByteRange range)
    {
        var part = range.Intersect(_window);
        if (!part.IsEmpty) _ = SharedMemory.TryForgetOwn(_address + (nint)(part.Offset - _window.Offset), part.Length);
    }

    public void Dispose() => _memory.Unmap(_address, _window.Length);
}
