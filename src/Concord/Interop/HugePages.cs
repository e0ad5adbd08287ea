using System.Globalization;
using Concord.Interop.Linux;

namespace Concord.Interop;

/// <summary>Huge pages of shared memory: whether the system has them, and the call that makes one of small pages.</summary>
internal static class HugePages
{
    private const string SizeFile = "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size";
    private const string PolicyFile = "/sys/kernel/mm/transparent_hugepage/shmem_enabled";

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
    /// <returns>False if the system has none now, or a page of the block is in use by it.</returns>
    internal static bool TryCollapse(nint address) => Libc.Madvise(address, (nint)Bytes, Libc.MadvCollapse) == 0;

    private static long ReadSize()
    {
        if (!File.Exists(SizeFile)) return 0;
        return long.Parse(File.ReadAllText(SizeFile), NumberStyles.Integer | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
    }

    private static string? FindReason()
    {
        if (!OperatingSystem.IsLinux()) return "huge pages are collected on Linux only";
        if (Bytes is 0 or > BytesMax) return $"this kernel's huge pages have {Bytes} bytes; up to {BytesMax} can be used";
        string policy = File.ReadAllText(PolicyFile);
        if (policy.Contains("[never]", StringComparison.Ordinal) || policy.Contains("[advise]", StringComparison.Ordinal)) return null;

        // Under any other policy a touch makes a whole huge page, of which the cache's books know one small page.
        return $"{PolicyFile} must say never or advise, and says: {policy.Trim()}";
    }
}
