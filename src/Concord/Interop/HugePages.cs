using System.Globalization;
using Concord.Interop.Linux;

namespace Concord.Interop;

/// <summary>
/// Huge pages of shared memory: whether the system has them, and the calls that make one of small pages and keep others
/// small.
/// </summary>
internal static class HugePages
{
    private const string SizeFile = "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size";

    /// <summary>Beyond this a block is seldom whole, and copying it takes too long at a time.</summary>
    private const long BytesMax = 32L << 20;

    /// <summary>Bytes a huge page; 0 where there is none to be had.</summary>
    internal static long Bytes { get; } = OperatingSystem.IsLinux() ? ReadSize() : 0;

    /// <summary>What is missing for them, or null.</summary>
    internal static string? UnsupportedReason { get; } = FindReason();

    /// <summary>
    /// Makes one huge page of the pages of a block. A hole in it becomes memory, of zeros; the other bytes stay as they
    /// are, and who touches them meanwhile waits in the kernel.
    /// </summary>
    /// <remarks>
    /// Mappings of such memory forbid huge pages, so that no touch makes one, whatever the system's policy is and
    /// becomes. A block may have one from here on, until <see cref="KeepSmall"/>.
    /// </remarks>
    /// <returns>False if the system has none now, or a page of the block is in use by it.</returns>
    internal static bool TryCollapse(nint address)
    {
        _ = Libc.Madvise(address, (nint)Bytes, Libc.MadvHugePage);
        if (Libc.Madvise(address, (nint)Bytes, Libc.MadvCollapse) == 0) return true;
        KeepSmall(address);
        return false;
    }

    /// <summary>From now on a touch of an absent page of a block makes a small one.</summary>
    internal static void KeepSmall(nint address) => _ = Libc.Madvise(address, (nint)Bytes, Libc.MadvNoHugePage);

    private static long ReadSize()
    {
        if (!File.Exists(SizeFile)) return 0;
        return long.Parse(File.ReadAllText(SizeFile), NumberStyles.Integer | NumberStyles.AllowTrailingWhite,
            CultureInfo.InvariantCulture);
    }

    private static string? FindReason()
    {
        if (!OperatingSystem.IsLinux()) return "huge pages are collected on Linux only";
        if (Bytes is 0 or > BytesMax)
            return $"this kernel's huge pages have {Bytes} bytes; up to {BytesMax} can be used";
        return null;
    }
}
