using System.Globalization;
using System.Runtime.InteropServices;
using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>Finds the processes that map a range of a file, in their lists of mappings under <c>/proc</c>.</summary>
/// <remarks>
/// The result names the processes to read again. It is out of date when a caller acts on it, so the caller reads the
/// process's list again first, through a folder that stays that process's (<see cref="ProcessFolder"/>).
/// </remarks>
internal static class MappingProcesses
{
    /// <exception cref="IOException">This process's own list of mappings cannot be read.</exception>
    internal static Mappings Find(ListedFile? file, ByteRange range)
    {
        if (file is null) return new(range, [], 0);
        byte[] contents = [];
        List<MappedPart> parts = OwnMappings.Find(file, range);
        int notReadable = 0;
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            ReadOnlySpan<char> name = Path.GetFileName(directory.AsSpan());
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int process)) continue;
            if (process == Environment.ProcessId) continue;
            int length = ProcessFile.ReadAll($"{directory}/maps", ref contents);
            if (length >= 0) parts.AddRange(file.FindParts(contents.AsSpan(0, length), process, range));
            else if (Marshal.GetLastPInvokeError() is ErrorNumber.AccessDenied or ErrorNumber.NotPermitted)
                notReadable++;
        }

        return new(range, parts, notReadable);
    }

    /// <summary>The parts that a process maps now; none if its list cannot be read.</summary>
    internal static List<MappedPart> FindAgain(ProcessFolder process, ListedFile file, ByteRange range)
    {
        if (process.Id == Environment.ProcessId) return OwnMappings.Find(file, range);
        byte[] contents = [];
        int length = process.ReadAll("maps", ref contents);
        return length > 0 ? file.FindParts(contents.AsSpan(0, length), process.Id, range) : [];
    }
}
