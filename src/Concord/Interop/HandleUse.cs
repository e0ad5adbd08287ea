using System.Runtime.InteropServices;

namespace Concord.Interop;

/// <summary>
/// One call's use of what a handle keeps: a descriptor by its number, memory by its address. If the handle is disposed
/// or finalized meanwhile, it is released when the last use has ended and not earlier.
/// </summary>
internal readonly ref struct HandleUse
{
    private readonly SafeHandle _handle;

    /// <summary>Begins a use.</summary>
    /// <exception cref="ObjectDisposedException">The handle was disposed.</exception>
    internal HandleUse(SafeHandle handle)
    {
        bool isHeld = false;
        handle.DangerousAddRef(ref isHeld);
        _handle = handle;
    }

    /// <summary>The number or the address; invalid after this use.</summary>
    internal nint Value => _handle.DangerousGetHandle();

    /// <summary>Ends the use. Once only.</summary>
    public void Dispose() => _handle.DangerousRelease();
}
