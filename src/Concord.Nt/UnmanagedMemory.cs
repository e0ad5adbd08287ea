using System.Runtime.InteropServices;

namespace Concord.Nt;

/// <summary>
/// Zeroed memory at an address that callers know, and that stays valid as long as somebody refers to this: a routine
/// that is under way when its handle is closed never touches memory that is another's by then.
/// </summary>
internal sealed unsafe class UnmanagedMemory(int byteCount)
{
    // Freed when this is collected, and never earlier.
    ~UnmanagedMemory() => NativeMemory.Free(Address);

    internal void* Address { get; } = NativeMemory.AllocZeroed((nuint)byteCount);
}
