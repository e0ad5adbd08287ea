using System.Globalization;
using Concord.Interop.Linux;
using Libc = Concord.Cli.Interop.Linux.Libc;

namespace Concord.Cli.Interop;

/// <summary>Takes this process away from its terminal.</summary>
internal static class Background
{
    private const int Descriptors = 3, OutputDescriptor = 1;
    private const string Folder = "/proc/self/fd";

    /// <summary>
    /// Begins a session of its own, in the root directory, and closes the three standard streams: whoever reads from
    /// them sees their end.
    /// </summary>
    /// <param name="ready">Called when all is done but that standard output is still open.</param>
    /// <exception cref="IOException">The system refused.</exception>
    internal static void Enter(Action ready)
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("this is possible on Linux only");
        if (Libc.NewSession() < 0) throw Libc.LastError("leave the terminal");
        Environment.CurrentDirectory = "/";
        const int Flags = Concord.Interop.Linux.Libc.OpenReadWrite;
        using FileDescriptor nothing = Concord.Interop.Linux.Libc.Open("/dev/null", Flags);
        if (nothing.IsInvalid) throw Libc.LastError("open /dev/null");
        string? output = ProcessLinks.Target($"{Folder}/{OutputDescriptor}");
        (int Place, bool IsOutput)[] places =
            [.. StandardStreams().Select(place => (place, ProcessLinks.Target($"{Folder}/{place}") == output))];
        foreach ((int place, _) in places.Where(static place => !place.IsOutput)) Replace(place, nothing);
        ready();
        foreach ((int place, _) in places.Where(static place => place.IsOutput)) Replace(place, nothing);
    }

    private static void Replace(int place, FileDescriptor nothing)
    {
        if (Libc.Duplicate((int)nothing.DangerousGetHandle(), place) < 0)
            throw Libc.LastError("close the standard streams");
    }

    /// <summary>
    /// The descriptors of the standard streams: three, but for those that the runtime has for itself, and copies that
    /// it keeps.
    /// </summary>
    private static List<int> StandardStreams()
    {
        List<int> found =
            [.. Enumerable.Range(0, Descriptors).Where(static place => !StandardDescriptors.IsTaken(place))];
        string?[] targets = [.. found.Select(static place => ProcessLinks.Target($"{Folder}/{place}"))];
        foreach (string link in Directory.GetFiles(Folder))
        {
            int place = int.Parse(Path.GetFileName(link), CultureInfo.InvariantCulture);
            if (place >= Descriptors && targets.Contains(ProcessLinks.Target(link))) found.Add(place);
        }

        return found;
    }
}
