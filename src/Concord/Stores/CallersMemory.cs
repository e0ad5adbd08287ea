using System.Runtime.InteropServices;

namespace Concord.Stores;

/// <summary>
/// Memory that belongs to the caller: releasing it frees nothing, but lets the caller wait until the last use has
/// ended.
/// </summary>
internal sealed class CallersMemory : SafeHandle
{
    private readonly ManualResetEventSlim _unused = new();

    internal CallersMemory(nint address)
        : base(invalidHandleValue: 0, ownsHandle: true) => SetHandle(address);

    public override bool IsInvalid => handle == 0;

    /// <summary>Returns when the last use has ended. Called after the handle was disposed.</summary>
    internal void WaitUntilUnused() => _unused.Wait();

    protected override bool ReleaseHandle()
    {
        _unused.Set();
        return true;
    }
}
