using Concord.Tests.Interop;

namespace Concord.Tests.SystemCache.Children;

/// <summary>
/// Maps a file as told and keeps it mapped: <c>PATH shared|private|locked [as-nobody]</c>. Says "ready" when every page
/// has been touched, answers each line "touch", "write" or "unmap" with "done", and ends with its input.
/// </summary>
internal static unsafe class MapperChild
{
    internal static int Run(string[] args)
    {
        TestMapping mapping = new(args[0], isShared: args[1] != "private");
        mapping.Touch();
        if (args[1] == "locked") Native.Succeeded(Native.Mlock((nint)mapping.Bytes, (nint)mapping.Length), "lock");
        if (args is [.., "as-nobody"]) AsNobodyChild.Become(AsNobodyChild.Nobody);
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line)
        {
            switch (line)
            {
                case "touch": mapping.Touch(); break;
                case "write": mapping.Bytes[0]++; break;
                case "unmap": mapping.Dispose(); break;
                default: throw new ArgumentException($"a mapper knows no '{line}'");
            }

            Console.WriteLine("done");
        }

        return 0;
    }
}
