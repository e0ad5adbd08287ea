using System.Runtime.InteropServices;

namespace Concord.Nt;

/// <summary>
/// Zeroed memory at an address that callers know, and that stays valid as long as a reference to this exists: a routine
/// that is under way when its handle is closed never touches memory that is another's by then. Or memory of a caller,
/// who keeps it valid himself.
/// </summary>
internal sealed unsafe class UnmanagedMemory
{
    internal UnmanagedMemory(int byteCount) => Address = NativeMemory.AllocZeroed((nuint)byteCount);

    private UnmanagedMemory(void* address)
    {
        Address = address;
        GC.SuppressFinalize(this);
    }

    // Freed when this is collected, and never earlier.
    ~UnmanagedMemory() => NativeMemory.Free(Address);

    internal void* Address { get; }

    /// <summary>A caller's own memory, as it stands; never freed here.</summary>
    internal static UnmanagedMemory OfCaller(void* address) => new(address);
}
