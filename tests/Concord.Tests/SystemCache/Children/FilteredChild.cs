using Concord.Tests.Interop;

namespace Concord.Tests.SystemCache.Children;

/// <summary>
/// Works where the kernel refuses <c>cachestat</c> with an error number, by a real filter: <c>ERROR PATH</c>. Says what
/// it sees before and after the operation.
/// </summary>
internal static class FilteredChild
{
    internal static int Run(string[] args)
    {
        SystemCallFilter.Refuse(451, uint.Parse(args[0], null));
        using SystemFile file = SystemFile.Open(args[1]);
        CacheResidency before = file.Query();
        CoherencyResult result = file.FlushAndPurge();
        Console.WriteLine(
            $"{before.Resident} {before.Dirty?.ToString(null, null) ?? "unknown"} {result.Status} {result.PagesPurged} "
                + $"{file.Query().Resident}");
        return 0;
    }
}
