using Concord.Cli.Interop;
using Concord.Cli.Running;
using Concord.Cli.Text;

namespace Concord.Cli.Files;

/// <summary>Whether a file that is to be written is one that the command line names to be read.</summary>
internal static class NamedInputs
{
    /// <exception cref="IOException">It is one.</exception>
    internal static void Refuse(string option, string path, IEnumerable<string> inputs)
    {
        if (Identity(path) is not { } output) return;
        if (!inputs.Any(input => Identity(input) == output)) return;
        throw new IOException(
            $"{option} {PathText.Name(path)}: it is one of the files named to be read; name another file");
    }

    /// <summary>All that a selection names, but for what a list or a process brings.</summary>
    internal static IEnumerable<string> Of(FileSelection selection) =>
        selection.ListPath is { } list and not InputBytes.StandardInput
            ? selection.Paths.Append(list)
            : selection.Paths;

    /// <summary>What tells a file from others, null where there is none. On other systems its name does.</summary>
    private static (FileIdentity File, string Name)? Identity(string path)
    {
        if (!OperatingSystem.IsLinux()) return (default, Path.GetFullPath(path));
        try
        {
            return (FileNodes.Read(path, follow: true).Identity, "");
        }
        catch (Exception exception) when (Failures.IsExpected(exception))
        {
            return null;
        }
    }
}
