using Concord.Nt;
using ReferenceFileSystem;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>The routines as a file system uses them: the sample, with handles through the cache and past it.</summary>
public sealed unsafe class ReferenceFileSystemTests
{
    private static readonly byte[] Old = [.. Enumerable.Repeat((byte)1, 20_000)];
    private static readonly byte[] New = [.. Enumerable.Repeat((byte)2, 20_000)];

    [Fact]
    [Row(106)]
    public void Handles_through_the_cache_and_past_it_always_read_the_newest_bytes()
    {
        using var volume = new Volume();
        using var cached = volume.Open("file");
        using var direct = volume.Open("file", isCached: false);
        for (byte round = 1; round < 20; round++)
        {
            byte[] bytes = [.. Enumerable.Repeat(round, 5_000 + (round * 300))];
            var (writer, reader) = round % 2 == 0 ? (cached, direct) : (direct, cached);
            Assert.Equal(STATUS_SUCCESS, writer.Write(round * 7, bytes));
            Assert.Equal(bytes, Read(reader, round * 7, bytes.Length));
            Assert.Equal(writer.Length, reader.Length);
        }
    }

    [Fact]
    [Row(31, 32)]
    public void A_write_past_the_cache_over_a_locked_page_goes_on_and_fails_only_in_purge_failure_mode()
    {
        using var volume = new Volume();
        using var cached = volume.Open("file");
        using var direct = volume.Open("file", isCached: false);
        Assert.Equal(STATUS_SUCCESS, cached.Write(0, Old));
        var start = default(LARGE_INTEGER);
        void* bcb, buffer;
        Assert.True(CcMapData(cached.Nt.FileObject, &start, 10, MAP_WAIT, &bcb, &buffer));

        Assert.Equal(STATUS_SUCCESS, cached.SetPurgeFailureMode(true));
        Assert.Equal(STATUS_PURGE_FAILED, direct.Write(0, New));
        Assert.Equal(Old, Read(direct, 0, Old.Length));

        Assert.Equal(STATUS_SUCCESS, cached.SetPurgeFailureMode(false));
        Assert.Equal(STATUS_SUCCESS, direct.Write(0, New));
        Assert.Equal(New, Read(direct, 0, New.Length));
        Assert.Equal(New, Read(cached, 0, New.Length));
        Assert.Equal(2, *(byte*)buffer);
        CcUnpinData(bcb);

        // Nothing is locked any more: the mode has nothing to tell.
        Assert.Equal(STATUS_SUCCESS, cached.SetPurgeFailureMode(true));
        Assert.Equal(STATUS_SUCCESS, direct.Write(0, Old));
        Assert.Equal(STATUS_PURGE_FAILED, direct.SetEndOfFile(10));
        Assert.Equal(STATUS_SUCCESS, cached.SetPurgeFailureMode(false));
        Assert.Equal(STATUS_INVALID_PARAMETER, cached.SetPurgeFailureMode(false));
    }

    [Fact]
    public void A_cut_is_refused_while_a_page_behind_it_is_held_and_then_both_handles_see_it()
    {
        using var volume = new Volume();
        using var cached = volume.Open("file");
        using var direct = volume.Open("file", isCached: false, isWriteThrough: true);
        Assert.Equal(STATUS_SUCCESS, cached.Write(0, Old));
        Assert.True(volume.IsDirty);
        Assert.Equal(STATUS_SUCCESS, cached.Flush());
        Assert.False(volume.IsDirty);
        var start = new LARGE_INTEGER { QuadPart = 15_000 };
        void* bcb, buffer;
        Assert.True(CcMapData(cached.Nt.FileObject, &start, 10, MAP_WAIT, &bcb, &buffer));
        Assert.Equal(STATUS_USER_MAPPED_FILE, cached.SetEndOfFile(100));
        Assert.Equal(Old.Length, direct.Length);
        CcUnpinData(bcb);
        Assert.Equal(STATUS_SUCCESS, cached.SetEndOfFile(100));
        Assert.Equal(STATUS_SUCCESS, direct.SetEndOfFile(200));
        byte[] expected = [.. Old[..100], .. new byte[100]];
        Assert.Equal(expected, Read(cached, 0, 300));
        Assert.Equal(expected, Read(direct, 0, 300));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_range_that_begins_before_the_file_is_refused(bool isCached)
    {
        using var volume = new Volume();
        using var handle = volume.Open("file", isCached);
        Assert.Equal(STATUS_INVALID_PARAMETER, handle.Write(-1, Old));
        Assert.Equal(STATUS_INVALID_PARAMETER, handle.Read(-1, new byte[10], out int count));
        Assert.Equal((0, 0L), (count, handle.Length));
    }

    private static byte[] Read(FileHandle handle, long offset, int length)
    {
        byte[] bytes = new byte[length];
        Assert.Equal(STATUS_SUCCESS, handle.Read(offset, bytes, out int count));
        return bytes[..count];
    }
}
