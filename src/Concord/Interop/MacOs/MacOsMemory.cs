namespace Concord.Interop.MacOs;

/// <summary>Private memory on macOS: an anonymous mapping; mapping it again gives its memory back.</summary>
internal static class MacOsMemory
{
    internal static nint Reserve(long length) => Map(0, length, fixedFlag: 0);

    internal static void GiveBack(nint address, long length) => Map(address, length, LibSystem.MapFixed);

    internal static void Release(nint address, long length)
    {
        if (LibSystem.Munmap(address, (nint)length) != 0) throw new IOException("cannot release address space");
    }

    private static nint Map(nint address, long length, int fixedFlag)
    {
        nint mapped = LibSystem.Mmap(
            address, (nint)length, LibSystem.ProtRead | LibSystem.ProtWrite,
            LibSystem.MapPrivate | LibSystem.MapAnonymous | LibSystem.MapNoReserve | fixedFlag, -1, 0);
        return mapped != LibSystem.MapFailed
            ? mapped
            : throw new OutOfMemoryException($"cannot reserve {length} bytes of address space");
    }
}
