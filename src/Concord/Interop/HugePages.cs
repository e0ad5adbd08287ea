using System.Globalization;
using Concord.Interop.Linux;

namespace Concord.Interop;

/// <summary>
/// Huge pages of shared memory: whether the system has them, and the calls that make one of small pages and that keep
/// pages small.
/// </summary>
internal static class HugePages
{
    private const string SizeFile = "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size";

    /// <summary>The largest size in use: a larger block is seldom whole, and one copy of it takes too long.</summary>
    private const long BytesMax = 32L << 20;

    private static readonly (long Bytes, string? Missing) Found = OperatingSystem.IsLinux()
        ? Look(SizeFile)
        : (0, "huge pages are collected on Linux only");

    /// <summary>Bytes a huge page; 0 where the system has none.</summary>
    internal static long Bytes => Found.Bytes;

    /// <summary>What the system lacks for them, or null.</summary>
    internal static string? UnsupportedReason => Found.Missing;

    /// <summary>
    /// Makes one huge page of the pages of a block. A hole in it becomes memory of zeros; the other bytes stay as they
    /// are, and a thread that touches them meanwhile waits in the kernel.
    /// </summary>
    /// <remarks>
    /// Mappings of such memory forbid huge pages, so that no touch makes one under any policy of the system. A block
    /// may have one from here on, until <see cref="KeepSmall"/>.
    /// </remarks>
    /// <returns>False if the system has no huge page now, or uses a page of the block.</returns>
    internal static bool TryCollapse(nint address)
    {
        _ = Libc.Madvise(address, (nint)Bytes, Libc.MadvHugePage);
        if (Libc.Madvise(address, (nint)Bytes, Libc.MadvCollapse) == 0) return true;
        KeepSmall(address);
        return false;
    }

    /// <summary>Lets a touch of an absent page of a block make a small one from now on.</summary>
    internal static void KeepSmall(nint address) => _ = Libc.Madvise(address, (nint)Bytes, Libc.MadvNoHugePage);

    /// <summary>
    /// The size that the system tells in a file, and what it lacks for huge pages, or null. Never throws: a system that
    /// hides the file, or has other text there, counts as one without huge pages.
    /// </summary>
    internal static (long Bytes, string? Missing) Look(string file)
    {
        string text;
        try
        {
            text = File.ReadAllText(file).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return (0, $"the size of this kernel's huge pages cannot be read: {error.Message}");
        }

        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long size)
            || !long.IsPow2(size) || size < Environment.SystemPageSize)
        {
            return (0, $"this kernel says no size of huge pages in {file}, but '{ShownText.Of(text)}'");
        }

        return size <= BytesMax
            ? (size, null)
            : (size, $"this kernel's huge pages have {size} bytes; up to {BytesMax} can be used");
    }
}
