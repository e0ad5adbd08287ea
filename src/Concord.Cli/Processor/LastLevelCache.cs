using Concord.Cli.Text;

namespace Concord.Cli.Processor;

/// <summary>The size of the last level of cache.</summary>
internal static class LastLevelCache
{
    private const string Directory = "/sys/devices/system/cpu/cpu0/cache";

    /// <summary>The size to assume where the system does not tell: larger than most processors have.</summary>
    internal const long FallbackBytes = 32L << 20;

    /// <summary>The size in bytes, or null when the system does not tell.</summary>
    internal static long? Read()
    {
        try
        {
            long largest = 0;
            if (!System.IO.Directory.Exists(Directory)) return null;
            foreach (string index in System.IO.Directory.EnumerateDirectories(Directory, "index*"))
            {
                string text = File.ReadAllText(Path.Combine(index, "size"));
                if (SizeText.TryParse(text, out long bytes, out _)) largest = Math.Max(largest, bytes);
            }

            return largest > 0 ? largest : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Containers often hide it. The figure is then unknown, and the measurement uses the fallback.
            return null;
        }
    }
}
