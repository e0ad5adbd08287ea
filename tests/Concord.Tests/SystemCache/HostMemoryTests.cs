using System.Globalization;
using Concord.Tests.SystemCache.Children;

namespace Concord.Tests.SystemCache;

/// <summary>
/// The memory of the process that purges is its own: whatever the lists of mappings said a moment ago.
/// </summary>
public sealed class HostMemoryTests
{
    private const int Pages = 64;

    [Fact]
    public void Purges_by_two_threads_leave_blocks_of_the_heap_as_they_are()
    {
        int purges = TestRun.IsFull ? 500 : 6;
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(Pages);
        using var child = new ChildProcess(HeapChild.Environment, HeapChild.Name, path,
            purges.ToString(CultureInfo.InvariantCulture));
        string[] said = child.Read().Split(' ');
        Assert.Equal(("damaged", "0"), (said[0], said[1]));
        Assert.NotEqual("0", said[3]);
        child.Finish();
    }
}
