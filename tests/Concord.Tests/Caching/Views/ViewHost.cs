using Concord.Memory;
using Concord.Tests.Interop;

namespace Concord.Tests.Caching.Views;

/// <summary>
/// A child process that hosts a view: <c>view-host ACCESS</c>. It maps a file of sevens, touches its first pages, says
/// "ready", and then does what it is told line by line, answering each with a line.
/// </summary>
internal static class ViewHost
{
    internal const string Name = "view-host";

    /// <summary>Pages of the file, and how many of them are touched before anything happens.</summary>
    internal const int PageCount = 1024, Touched = 16;

    private const byte Filled = 7;

    internal static int Run(string[] args)
    {
        using var fixture = new ViewFixture(Pages.Of(Filled, PageCount), capacityPages: 2 * PageCount);
        using var view = fixture.Map(Enum.Parse<ViewAccess>(args[0]));
        NativeMemory.Read(view, 0, Touched * Pages.Bytes);
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line) Console.WriteLine(Do(line, fixture, view));
        return 0;
    }

    private static string Do(string line, ViewFixture fixture, MappedView view)
    {
        switch (line)
        {
            case "present":
                return PresentPages(fixture).ToString(null, null);
            case "look":
                return Wrong(NativeMemory.Read(view, 0, PageCount * Pages.Bytes)).ToString(null, null);
            case "write":
                if (view.Access != ViewAccess.Read) NativeMemory.Write(view, (PageCount / 2) * Pages.Bytes, [9]);
                fixture.File.FlushAndPurge();
                return fixture.Store.Content[(PageCount / 2) * Pages.Bytes].ToString(null, null);
            case "purge":
                return fixture.File.FlushAndPurge().Status.ToString();
            case "lock all":
                Native.Succeeded(Native.Mlockall(Native.LockCurrent), "lock all memory");
                return "locked";
            case "unlock all":
                Native.Succeeded(Native.Munlockall(), "unlock all memory");
                return "unlocked";
            default:
                throw new ArgumentException($"a view's host does not know '{line}'");
        }
    }

    /// <summary>Pages that have memory, as the kernel knows it and not the masks.</summary>
    private static long PresentPages(ViewFixture fixture) =>
        ((SharedSection)fixture.File.State.Section).Memory.PresentBytes / Pages.Bytes;

    private static int Wrong(byte[] bytes)
    {
        int wrong = 0;
        for (int page = 0; page < PageCount; page++)
        {
            if (bytes.AsSpan(page * Pages.Bytes, Pages.Bytes).ContainsAnyExcept(Filled)) wrong++;
        }

        return wrong;
    }
}
