namespace Concord.Nt;

/// <summary>
/// A lock whose owner is a thread: shared by any number of threads, or one thread's alone, and recursive either way. In
/// the caller's memory, where it stays from <see cref="Ntddk.ExInitializeResourceLite"/> to
/// <see cref="Ntddk.ExDeleteResourceLite"/>. (NT: ERESOURCE.)
/// </summary>
public unsafe struct ERESOURCE
{
    /// <summary>Only the routines read and write it; as long as the original on 64-bit processors.</summary>
    public fixed ulong Opaque[13];
}
