using System.Runtime.InteropServices;
using Concord.Interop.Linux;
using Concord.SystemCache.Linux;
using Concord.Tests.Interop;

namespace Concord.Tests.SystemCache;

/// <summary>
/// A path that means another file from one moment to the next: what is not a regular file is never opened.
/// </summary>
public sealed class SwappedPathTests
{
    private const int Opens = 2_000, OpenForWriting = 1;

    private const int Flags = OpenForWriting | Libc.OpenNonBlocking | Libc.OpenCloseOnExec;

    [Fact]
    public void What_was_found_is_opened_whatever_its_path_means_by_then()
    {
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(1, "path"), moved = $"{place.Directory}/moved";
        using FoundFile found = FoundFile.Find(path);
        File.Move(path, moved);
        Native.Succeeded(Native.Mkfifo(path, 0b110_100_100), "make a pipe");
        nint opened = found.Opened.DangerousGetHandle();
        Assert.Equal(moved, File.ResolveLinkTarget($"/proc/self/fd/{opened}", returnFinalTarget: false)?.FullName);
    }

    [Fact]
    public void A_pipe_that_is_put_in_place_of_a_file_is_never_opened()
    {
        using Place place = Place.Make(Place.Disk);
        string file = place.WriteFile(1, "regular"), pipe = $"{place.Directory}/pipe";
        string path = $"{place.Directory}/path", next = $"{place.Directory}/next";
        Native.Succeeded(Native.Mkfifo(pipe, 0b110_100_100), "make a pipe");
        File.Copy(file, path);
        bool isDone = false;
        int openedPipes = 0, opened = 0, refused = 0;
        Thread swapping = new(() =>
        {
            for (int turn = 0; !Volatile.Read(ref isDone); turn++)
            {
                HardLinks.Add(turn % 2 == 0 ? pipe : file, next);
                File.Move(next, path, overwrite: true);
            }
        });

        // Somebody can write into a pipe, without waiting, only while somebody else has it open.
        Thread writing = new(() =>
        {
            while (!Volatile.Read(ref isDone))
            {
                using FileDescriptor writer = Libc.Open(pipe, Flags);
                if (!writer.IsInvalid) openedPipes++;
                else Assert.Equal(ErrorNumber.NoDeviceOrAddress, Marshal.GetLastPInvokeError());
            }
        });
        swapping.Start();
        writing.Start();
        for (int i = 0; i < Opens || opened == 0 || refused == 0; i++)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            try
            {
                SystemFile.Open(path).Dispose();
                opened++;
            }
            catch (IOException)
            {
                refused++;
            }
        }

        Volatile.Write(ref isDone, true);
        swapping.Join();
        writing.Join();
        Assert.Equal(0, openedPipes);
    }
}
