using System.Runtime.InteropServices;
using Concord.Tests.Caching;
using Concord.Tests.Interop;

namespace Concord.Tests.Stores;

/// <summary>
/// A child that writes a file in each way while there is no room, and once more when there is:
/// <c>no-room WHAT FOLDER CACHING</c>. It says what went wrong.
/// </summary>
internal static class NoRoomChild
{
    internal const string Name = "no-room", LengthLimit = "limit", FullDisk = "disk";

    /// <summary>SIGXFSZ.</summary>
    private const PosixSignal FileSizeExceeded = (PosixSignal)25;

    /// <summary>Several extents, so that a write has several pieces; the last page is ragged.</summary>
    private static readonly int FileBytes = (2 * Pages.PerExtent + 20) * Pages.Bytes + 700;

    /// <summary>Room ends inside a page of the second extent.</summary>
    private static readonly int RoomBytes = (Pages.PerExtent + 9) * Pages.Bytes + 1_300;

    private static readonly (string Name, Func<NoRoomFile, bool, Task> Write)[] Ways =
    [
        ("a flush", static (file, isAsync) => file.FailAsync(
            isAsync, static it => it.File.Flush(), static it => it.File.FlushAsync().AsTask())),
        ("a flush and purge", static (file, isAsync) => file.FailAsync(
            isAsync, static it => it.File.FlushAndPurge(), static it => it.File.FlushAndPurgeAsync().AsTask())),
        ("a flush of a part", static (file, isAsync) => file.FailAsync(
            isAsync, static it => it.File.Flush(LastPages), static it => it.File.FlushAsync(LastPages).AsTask())),
        ("a stream", static (file, isAsync) => file.FailAsync(
            isAsync, static it => Use(it, static stream => stream.Flush(flushToDisk: true)),
            static async it =>
            {
                await using var stream = it.File.AsStream(leaveOpen: true);
                await stream.FlushAsync();
                await it.File.FlushAsync();
            })),
        ("the lazy writer", static async (file, _) =>
        {
            // It tells whoever flushes next.
            for (int pass = 0; pass < 3; pass++) await file.Cache.LazyWriter.PassAsync(CancellationToken.None);
            await file.FailAsync(isAsync: false, static it => it.File.Flush(), null!);
        }),
        ("a close", static (file, isAsync) => file.FailAsync(
            isAsync, static it => it.File.Close(), static it => it.File.CloseAsync().AsTask())),
        ("an uncached write over dirty pages", WriteUncachedAsync),
        ("an uncached write of what nobody has", static (file, isAsync) =>
        {
            file.Uncache();
            return WriteUncachedAsync(file, isAsync);
        }),
        ("pieces for the store itself", static (file, isAsync) => file.FailAsync(
            isAsync, static it => it.Store.Write(0, it.Pieces),
            static it => it.Store.WriteAsync(0, it.Pieces, CancellationToken.None).AsTask())),
    ];

    private static ByteRange LastPages => ByteRange.FromBounds(RoomBytes, FileBytes);

    internal static int Run(string[] args)
    {
        if (args is not [var what, var folder, var caching]) throw new ArgumentException("no-room WHAT FOLDER CACHING");

        // A write beyond the limit is an error, and a signal besides that ends who does not take it.
        using var signal = PosixSignalRegistration.Create(
            FileSizeExceeded, static context => context.Cancel = true);
        var room = new Room(what == FullDisk ? System.IO.Path.Combine(folder, "ballast") : null);
        bool isAllWell = true;
        foreach (var (name, write) in Ways)
        {
            foreach (bool isAsync in (bool[])[false, true])
            {
                string way = $"{name}{(isAsync ? ", asynchronous" : "")}";
                try
                {
                    using var file = new NoRoomFile(
                        System.IO.Path.Combine(folder, "file"), Enum.Parse<StoreCaching>(caching), FileBytes);
                    room.Take(RoomBytes);
                    write(file, isAsync).GetAwaiter().GetResult();
                    room.Give();
                    file.FinishAsync(isAsync).GetAwaiter().GetResult();
                    Console.WriteLine($"{way}: {file.Heard}");
                }
                catch (Exception error)
                {
                    room.Give();
                    isAllWell = false;
                    Console.WriteLine($"FAILED {way}: {error}");
                }
            }
        }

        Console.WriteLine(isAllWell ? "all done" : "not all was well");
        return isAllWell ? 0 : 1;
    }

    private static Task WriteUncachedAsync(NoRoomFile file, bool isAsync) => file.FailAsync(
        isAsync, static it => it.File.WriteUncached(0, it.Expected),
        static it => it.File.WriteUncachedAsync(0, it.Expected).AsTask());

    private static void Use(NoRoomFile file, Action<CachedFileStream> use)
    {
        using var stream = file.File.AsStream(leaveOpen: true);
        use(stream);
    }

    /// <summary>
    /// Takes the room away, and gives it back: by a limit, or by a file that has the rest of the disk.
    /// </summary>
    private sealed class Room(string? ballast)
    {
        internal void Take(int bytes)
        {
            if (ballast is null)
            {
                Native.Limit(Native.LimitFileSize, (ulong)bytes);
                return;
            }

            using var file = new FileStream(ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            try
            {
                while (true) file.Write(new byte[Pages.Bytes]);
            }
            catch (IOException)
            {
                // Full; what the file may have is free again.
                file.SetLength(file.Length / Pages.Bytes * Pages.Bytes - bytes / Pages.Bytes * Pages.Bytes);
            }
        }

        internal void Give()
        {
            if (ballast is null) Native.Limit(Native.LimitFileSize, ulong.MaxValue);
            else File.Delete(ballast);
        }
    }
}
