using Concord.Interop.Linux;
using Concord.Interop.MacOs;
using Concord.Interop.Windows;

namespace Concord.Interop;

/// <summary>
/// Private address space of the process: reserved at once, used piece by piece, given back in between.
/// </summary>
/// <remarks>Addresses and lengths are multiples of the system's page. Memory is zeros when first touched.</remarks>
internal static class VirtualMemory
{
    /// <summary>Reserves address space; it takes no memory until it is touched.</summary>
    /// <exception cref="OutOfMemoryException">There is no such run of address space left.</exception>
    internal static nint Reserve(long length) =>
        OperatingSystem.IsWindows() ? WindowsMemory.Reserve(length)
        : OperatingSystem.IsMacOS() ? MacOsMemory.Reserve(length)
        : LinuxMemory.Reserve(length, isClosed: false);

    /// <summary>
    /// Reserves address space no part of which may be touched before <see cref="TryPermit"/>, where the system can: so
    /// no touch makes memory of it, also not by a dump or a lock of all memory.
    /// </summary>
    /// <exception cref="OutOfMemoryException">There is no such run of address space left.</exception>
    internal static nint ReserveClosed(long length) =>
        CanClose ? LinuxMemory.Reserve(length, isClosed: true) : Reserve(length);

    /// <summary>Whether access to parts of a reservation can be denied, at the price of a mapping each.</summary>
    internal static bool CanClose { get; } = OperatingSystem.IsLinux();

    /// <summary>
    /// Permits or denies access to a part of a closed reservation. Only where <see cref="CanClose"/> holds.
    /// </summary>
    /// <returns>False if the system has no further mapping, or no memory to commit; the part is as it was.</returns>
    internal static bool TryPermit(nint address, long length, bool isOpen) =>
        LinuxMemory.TryPermit(address, length, isOpen);

    /// <summary>Makes reserved memory usable. Needed before the first touch, and after a give-back.</summary>
    /// <exception cref="OutOfMemoryException">The system has no memory to commit.</exception>
    internal static void Commit(nint address, long length)
    {
        if (OperatingSystem.IsWindows()) WindowsMemory.Commit(address, length);
    }

    /// <summary>Gives memory back to the system; its bytes are gone.</summary>
    internal static void GiveBack(nint address, long length)
    {
        if (OperatingSystem.IsWindows()) WindowsMemory.Decommit(address, length);
        else if (OperatingSystem.IsMacOS()) MacOsMemory.GiveBack(address, length);
        else LinuxMemory.GiveBack(address, length);
    }

    /// <summary>Ends a reservation.</summary>
    internal static void Release(nint address, long length)
    {
        if (OperatingSystem.IsWindows()) WindowsMemory.Release(address);
        else if (OperatingSystem.IsMacOS()) MacOsMemory.Release(address, length);
        else LinuxMemory.Release(address, length);
    }
}
