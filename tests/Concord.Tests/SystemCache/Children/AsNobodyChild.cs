using System.IO.MemoryMappedFiles;
using Concord.Tests.Interop;

namespace Concord.Tests.SystemCache.Children;

/// <summary>
/// Becomes an ordinary user and does what it is told: <c>SCENARIO PATH</c>. Says what it saw in one line
/// <c>status resident purged reasons holders</c>.
/// </summary>
internal static class AsNobodyChild
{
    internal const uint Nobody = 65534;

    internal static int Run(string[] args)
    {
        WarmUp();
        Become(Nobody);
        Console.WriteLine(args[0] switch
        {
            "purge" => Purge(args[1]),
            "load" => Load(args[1]),
            "open" => Open(args[1]),
            var other => throw new ArgumentException($"nobody knows no '{other}'"),
        });
        return 0;
    }

    /// <summary>
    /// As root, what the scenarios use is loaded: an ordinary user may not be able to read this program's files.
    /// </summary>
    private static void WarmUp()
    {
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, new byte[8192]);
        Purge(path);
        Load(path);
        using (MemoryMappedFile mapped = MemoryMappedFile.CreateFromFile(path))
        using (MemoryMappedViewAccessor view = mapped.CreateViewAccessor())
        {
            view.Read(0, out byte _);
            using SystemFile file = SystemFile.Open(path);
            _ = string.Join('|', file.FlushAndPurge(CoherencyOptions.ViewsNotSeen).Left);
        }

        File.Delete(path);
        Open(path);
        Open(Path.GetTempPath());
    }

    internal static void Become(uint user)
    {
        Native.Succeeded(Native.Setgroups(0, 0), "leave all groups");
        Native.Succeeded(Native.Setresgid(user, user, user), "change the group");
        Native.Succeeded(Native.Setresuid(user, user, user), "change the user");

        // Becoming another user hides a process's lists from itself, as from others.
        Native.Succeeded(Native.Prctl(Native.SetDumpable, 1, 0, 0, 0), "show the lists of this process again");
    }

    private static string Purge(string path)
    {
        using SystemFile file = SystemFile.Open(path);
        CacheResidency before = file.Query();
        CoherencyResult result = file.FlushAndPurge();
        string left = string.Join('|', result.Left.Select(left => $"{left.Reason}:{left.Holder}"));
        return $"{result.Status} resident={before.Resident} map={before.Map is not null} dirty={before.Dirty} " +
            $"stored={result.BytesInStore} purged={result.PagesPurged} left={left}";
    }

    private static string Load(string path)
    {
        using SystemFile file = SystemFile.Open(path);
        return $"loaded={file.Load()}";
    }

    private static string Open(string path)
    {
        try
        {
            using SystemFile file = SystemFile.Open(path);
            return "opened";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"{error.GetType().Name} {error.Message}";
        }
    }
}
