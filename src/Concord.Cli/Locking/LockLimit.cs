using Concord.Cli.Interop;
using Concord.Cli.Text;

namespace Concord.Cli.Locking;

/// <summary>How much memory this process may lock.</summary>
internal static class LockLimit
{
    /// <summary>Why so many bytes cannot be locked, with a way out; null where they can.</summary>
    internal static string? Refuse(long bytes, long? limit, long memory)
    {
        string size = SizeText.Format(bytes);
        if (limit is { } most && bytes > most)
        {
            return $"the files have {size}, and this process may lock {SizeText.Format(most)} (RLIMIT_MEMLOCK); "
                + $"raise that with 'ulimit -l {(bytes + 1023) / 1024}', name fewer files or a --range, or run as root";
        }

        return bytes > memory
            ? $"the files have {size}, and there are {SizeText.Format(memory)} of memory; name fewer files or a --range"
            : null;
    }

    /// <summary>The memory that there is, for this process or its container.</summary>
    internal static long Memory => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Bytes; null for no limit, as for root.</summary>
    internal static long? Bytes => Rights.MayLock() == true ? null : HostLimits.LockedBytesMax;
}
