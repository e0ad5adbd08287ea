using System.ComponentModel;

namespace Concord.Interop.Windows;

/// <summary>Private memory on Windows: reserved, then committed and decommitted by page.</summary>
internal static class WindowsMemory
{
    internal static nint Reserve(long length)
    {
        nint address = Kernel32.VirtualAlloc(0, (nuint)length, Kernel32.MemReserve, Kernel32.PageReadWrite);
        return address != 0
            ? address
            : throw new OutOfMemoryException($"cannot reserve {length} bytes of address space");
    }

    internal static void Commit(nint address, long length)
    {
        if (Kernel32.VirtualAlloc(address, (nuint)length, Kernel32.MemCommit, Kernel32.PageReadWrite) == 0)
        {
            throw new OutOfMemoryException($"cannot commit {length} bytes");
        }
    }

    internal static void Decommit(nint address, long length)
    {
        if (!Kernel32.VirtualFree(address, (nuint)length, Kernel32.MemDecommit)) throw new Win32Exception();
    }

    internal static void Release(nint address)
    {
        if (!Kernel32.VirtualFree(address, 0, Kernel32.MemRelease)) throw new Win32Exception();
    }
}
