using System.Runtime.InteropServices;
using Concord.Interop.Linux;
using Concord.Interop.MacOs;
using Concord.Interop.Windows;

namespace Concord.Interop;

/// <summary>
/// What machine code of our own needs of the operating system. An object and not static methods, as elsewhere in this
/// layer, since one more is made for tests: a system that refuses.
/// </summary>
internal abstract class NativeSystem
{
    /// <summary>The system this process runs on, or null where there is nothing for it.</summary>
    internal static NativeSystem? Current { get; } =
        OperatingSystem.IsLinux() ? new LinuxSystem(RuntimeInformation.ProcessArchitecture)
        : OperatingSystem.IsWindows() ? new WindowsSystem()
        : OperatingSystem.IsMacOS() ? new MacOsSystem()
        : null;

    /// <summary>What this process may read.</summary>
    internal abstract AddressSpace AddressSpace { get; }

    /// <summary>Where the arguments of a call are on x64.</summary>
    internal abstract X64Convention X64Convention { get; }

    /// <summary>
    /// The line size on Arm64 as the system states it, in bytes; null where a program may read the processor's own
    /// register (CTR_EL0).
    /// </summary>
    internal abstract int? Arm64LineSize { get; }

    /// <summary>
    /// Copies machine code into memory of its own, which is first writable and then executable and never both, and
    /// makes the instruction caches agree. The memory is never given back, so that no call can outlive it.
    /// </summary>
    /// <returns>The address of the first instruction.</returns>
    /// <exception cref="ExecutableMemoryException">The system refuses; nothing is left behind.</exception>
    internal abstract nint PublishCode(ReadOnlySpan<byte> code);
}
