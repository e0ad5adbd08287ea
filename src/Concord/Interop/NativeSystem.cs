using System.Runtime.InteropServices;
using Concord.Interop.Linux;
using Concord.Interop.MacOs;
using Concord.Interop.Windows;

namespace Concord.Interop;

/// <summary>
/// The calls of the operating system that emitted machine code needs. It is an object, unlike the static classes of
/// this layer, since tests make one more: a system that refuses.
/// </summary>
internal abstract class NativeSystem
{
    /// <summary>The system this process runs on, or null if it is not supported.</summary>
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
    /// Copies machine code into new memory, which is first writable and then executable and never both, and makes the
    /// instruction caches agree. The memory is never freed, so that no call can outlive it.
    /// </summary>
    /// <returns>The address of the first instruction.</returns>
    /// <exception cref="ExecutableMemoryException">The system refuses; nothing is left behind.</exception>
    internal abstract nint PublishCode(ReadOnlySpan<byte> code);
}
