namespace Concord.Tests.Stores;

/// <summary>The sections of this process as the system sees them: mappings and descriptors. Linux.</summary>
internal static class ProcessSections
{
    private const string Name = "/memfd:concord section";

    internal static int Mappings() =>
        File.ReadLines("/proc/self/maps").Count(static line => line.Contains(Name, StringComparison.Ordinal));

    /// <summary>The flags of the mappings, as /proc/self/smaps abbreviates them.</summary>
    internal static IReadOnlyList<string> Flags(string mapping)
    {
        var flags = new List<string>();
        bool isIn = false;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            if (char.IsAsciiHexDigitLower(line[0]) && line.Contains('-', StringComparison.Ordinal))
                isIn = line.Contains(mapping, StringComparison.Ordinal);
            else if (isIn && line.StartsWith("VmFlags:", StringComparison.Ordinal))
                flags.Add(line["VmFlags:".Length..] + " ");
        }

        return flags;
    }

    internal static IReadOnlyList<string> Descriptors() =>
        [.. Directory.GetFiles("/proc/self/fd")
            .Where(static descriptor => Target(descriptor).Contains(Name, StringComparison.Ordinal))];

    internal static int DescriptorsOf(string path) =>
        Directory.GetFiles("/proc/self/fd").Count(descriptor => Target(descriptor) == path);

    internal static void RequireLinux() =>
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "asked of /proc");

    // A descriptor that is closed while the folder is read has no target any more.
    private static string Target(string descriptor)
    {
        try
        {
            return File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.FullName ?? "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
