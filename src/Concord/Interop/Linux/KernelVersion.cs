namespace Concord.Interop.Linux;

/// <summary>What depends on the kernel's version, where no call tells.</summary>
internal static class KernelVersion
{
    /// <summary>
    /// Whether <c>syncfs</c> tells what the file system itself answered; before Linux 5.17 it did not.
    /// </summary>
    internal static bool SyncTellsErrors { get; } = Environment.OSVersion.Version >= new Version(5, 17);
}
