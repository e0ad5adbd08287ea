using System.Buffers.Binary;
using Concord.Cli.Actions;
using Concord.Tests.Interop;
using Concord.Tests.SystemCache;
using Microsoft.Win32.SafeHandles;

namespace Concord.Tests.Cli;

/// <summary>Files longer than what is treated in one piece.</summary>
public class LargeFileTests
{
    // An event of a file that is watched itself: the watch, what happened, and two numbers more.
    private const int EventBytes = 16, MaskAt = 4;

    [Theory]
    [InlineData("purge")]
    [InlineData("flush")]
    public void A_large_file_is_treated_as_a_whole_and_never_opened_for_writing(string command)
    {
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(3);
        using (FileStream stream = new(path, FileMode.Open)) stream.SetLength(2 * FileAction.PieceBytes + 1);
        using SafeFileHandle notifier = Native.InotifyInit(flags: 0);
        const uint Closings = Native.InotifyCloseWrite | Native.InotifyCloseNoWrite;
        Native.Succeeded(Native.InotifyAddWatch(notifier, path, Closings), "watch a file");
        ConcordProgram.Run(command, path).Exits(0);

        // There is one at least, so that this does not wait.
        byte[] events = new byte[64 * EventBytes];
        int read = RandomAccess.Read(notifier, events, 0);
        for (int at = 0; at < read; at += EventBytes)
        {
            uint mask = BinaryPrimitives.ReadUInt32LittleEndian(events.AsSpan(at + MaskAt));
            Assert.Equal(Native.InotifyCloseNoWrite, mask);
        }
    }
}
