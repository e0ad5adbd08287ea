using Concord.Nt;
using Concord.Tests.Caching;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>The FsRtl routines: reads and writes by the control block's lock and sizes.</summary>
public sealed unsafe class FastIoTests : IDisposable
{
    private readonly FileCache _cache = new(new FileCacheOptions
    {
        CapacityBytes = 64 * Pages.Bytes,
        LazyWriterInterval = TimeSpan.Zero,
    });

    private readonly LittleFileSystem _system;
    private readonly FILE_OBJECT* _file;

    public FastIoTests()
    {
        _system = new LittleFileSystem(Pages.Of(1, 4), _cache);
        _file = _system.Open();
        _system.BeginCaching(_file);
    }

    public void Dispose()
    {
        LittleFileSystem.Close(_file);
        _system.Dispose();
        _cache.Dispose();
    }

    [Fact]
    public void A_read_goes_as_far_as_the_file_size_and_moves_the_current_offset()
    {
        Assert.Equal((true, STATUS_SUCCESS, 10L), Read(4 * Pages.Bytes - 10, 100));
        Assert.Equal(4 * Pages.Bytes, _file->CurrentByteOffset.QuadPart);
        Assert.NotEqual(0u, _file->Flags & FILE_OBJECT.FO_FILE_FAST_IO_READ);
        Assert.Equal((true, STATUS_END_OF_FILE, 0L), Read(4 * Pages.Bytes, 100));
        Assert.Equal((true, STATUS_SUCCESS, 0L), Read(0, 0));
        Assert.Equal(0u, Ntddk.ExIsResourceAcquiredSharedLite(&_system.Fcb->Main));
    }

    [Fact]
    public void A_write_inside_the_valid_data_changes_no_size()
    {
        var before = _system.Sizes;
        Assert.Equal((true, STATUS_SUCCESS, 100L), Write(50, 100));
        Assert.Equal(before, _system.Sizes);
        Assert.Equal(150, _file->CurrentByteOffset.QuadPart);
        Assert.Equal(FILE_OBJECT.FO_FILE_MODIFIED,
            _file->Flags & (FILE_OBJECT.FO_FILE_MODIFIED | FILE_OBJECT.FO_FILE_SIZE_CHANGED));
        Assert.Equal(Filled(7), _system.Read(_file, 50, 100));
    }

    [Fact]
    public void A_write_behind_the_end_makes_file_and_valid_data_longer_and_fills_a_small_gap()
    {
        long end = 4 * Pages.Bytes;
        Assert.Equal((true, STATUS_SUCCESS, 100L), Write(-1, 100));
        Assert.Equal(end + 100, _system.Length);
        Assert.Equal((true, STATUS_SUCCESS, 100L), Write(end + 1000, 100));
        Assert.Equal((end + 1100, end + 1100), (_system.Length, _system.Fcb->Header.ValidDataLength.QuadPart));
        Assert.NotEqual(0u, _file->Flags & FILE_OBJECT.FO_FILE_SIZE_CHANGED);
        Assert.Equal(new byte[900], _system.Read(_file, end + 100, 900));
        CcFlushCache(_system.Sections, null, 0, null);
        Assert.Equal(end + 1100, _system.Disk.Content.Length);
    }

    [Fact]
    public void What_the_file_system_has_to_do_is_left_to_it_and_nothing_changes()
    {
        var before = _system.Sizes;
        long allocation = before.AllocationSize.QuadPart;
        Assert.False(Write(allocation - 50, 100).Done);
        Assert.False(Write(4 * Pages.Bytes + 0x2001, 100).Done);
        Assert.False(Write(0, 0x10001).Done);
        _file->Flags |= FILE_OBJECT.FO_WRITE_THROUGH;
        Assert.False(Write(0, 100).Done);
        _file->Flags = 0;
        foreach (var possible in (FAST_IO_POSSIBLE[])
            [FAST_IO_POSSIBLE.FastIoIsNotPossible, FAST_IO_POSSIBLE.FastIoIsQuestionable])
        {
            _system.Fcb->Header.IsFastIoPossible = (byte)possible;
            Assert.False(Write(0, 100).Done || Read(0, 100).Done);
        }

        _system.Fcb->Header.IsFastIoPossible = (byte)FAST_IO_POSSIBLE.FastIoIsPossible;
        _ = CcUninitializeCacheMap(_file, null, null);
        Assert.False(Write(0, 100).Done || Read(0, 100).Done);
        Assert.Equal(before, _system.Sizes);
        Assert.Equal(0u, _file->Flags);
    }

    [Fact]
    public void Without_wait_a_lock_that_somebody_has_and_a_page_that_is_not_there_are_FALSE()
    {
        Assert.False(Read(0, 100, wait: false).Done);
        _ = _system.Read(_file, 0, 100);
        Assert.True(Read(0, 100, wait: false).Done);
        _system.AcquireMain();
        bool done = true;
        var other = new Thread(() => done = Read(0, 100, wait: false).Done || Write(0, 100, wait: false).Done);
        other.Start();
        other.Join();
        _system.ReleaseMainHere();
        Assert.False(done);
    }

    [Fact]
    public void A_read_that_fails_is_left_to_the_file_system_and_a_write_that_fails_changes_no_size()
    {
        _file->Flags = 0;
        var before = _system.Sizes;
        Assert.False(Write(-1, 100, buffer: false).Done);
        Assert.Equal(before, _system.Sizes);
        Assert.Equal(4 * Pages.Bytes, CcGetFileSizePointer(_file)->QuadPart);
    }

    [Fact]
    public void What_fails_is_told_in_the_status_block_and_FALSE_without_a_reason_leaves_it()
    {
        LARGE_INTEGER* none = null;
        var at = new LARGE_INTEGER { QuadPart = 0 };
        var below = new LARGE_INTEGER { QuadPart = -5 };
        IO_STATUS_BLOCK status = new() { Status = STATUS_PENDING, Information = 7 };
        var block = &status;
        var kept = (MDL*)&at;
        var chain = kept;
        byte memory;
        Assert.Equal(
            (false, STATUS_INVALID_USER_BUFFER), Told(FsRtlCopyRead(_file, &at, 1, true, 0, null, block, null)));
        Assert.Equal(
            (false, STATUS_INVALID_USER_BUFFER), Told(FsRtlCopyWrite(_file, &at, 1, true, 0, null, block, null)));
        Assert.Equal((false, STATUS_INVALID_PARAMETER), Told(FsRtlMdlRead(_file, &below, 1, 0, &chain, block)));
        Assert.True(chain is null);
        chain = kept;
        Assert.Equal((false, STATUS_ACCESS_VIOLATION), Told(FsRtlPrepareMdlWrite(_file, none, 1, 0, &chain, block)));
        Assert.True(chain is null);
        Assert.Equal(STATUS_ACCESS_VIOLATION, FsRtlMdlReadEx(_file, none, 1, 0, &chain, block));
        Assert.Equal((false, STATUS_ACCESS_VIOLATION), Told(false));
        NtRules.Checked(() => Assert.Throws<NtPreconditionException>(
            () => { _ = FsRtlCopyRead(null, none, 1, true, 0, null, block, null); }));
        Assert.Equal((false, STATUS_ACCESS_VIOLATION), Told(false));
        _system.Fcb->Header.IsFastIoPossible = (byte)FAST_IO_POSSIBLE.FastIoIsNotPossible;
        Assert.False((bool)FsRtlCopyRead(_file, &at, 1, true, 0, &memory, block, null));
        Assert.Equal((STATUS_PENDING, (nuint)7), (block->Status, block->Information));
        Assert.Equal(STATUS_NOT_SUPPORTED, FsRtlMdlReadEx(_file, &at, 1, 0, &chain, block));
        Assert.Equal((false, STATUS_NOT_SUPPORTED), Told(false));

        (bool Done, NTSTATUS Status) Told(bool done)
        {
            Assert.Equal((nuint)0, block->Information);
            var told = (done, block->Status);
            *block = new IO_STATUS_BLOCK { Status = STATUS_PENDING, Information = 7 };
            return told;
        }
    }

    [Fact]
    public void Memory_of_a_stream_is_locked_for_reading_and_for_writing_that_makes_it_longer()
    {
        MDL* chain;
        IO_STATUS_BLOCK status;
        var at = new LARGE_INTEGER { QuadPart = 4 * Pages.Bytes - 10 };
        Assert.True((bool)FsRtlMdlRead(_file, &at, 100, 0, &chain, &status));
        Assert.Equal((STATUS_SUCCESS, 10u, (byte)1),
            (status.Status, chain->ByteCount, *(byte*)chain->MappedSystemVa));
        Assert.True((bool)FsRtlMdlReadComplete(_file, chain));
        Assert.False((bool)FsRtlMdlReadComplete(_file, chain));
        at.QuadPart = 4 * Pages.Bytes;
        Assert.True((bool)FsRtlMdlRead(_file, &at, 100, 0, &chain, &status));
        Assert.True(chain is null && status.Status == STATUS_END_OF_FILE);

        at.QuadPart = -1;
        Assert.True((bool)FsRtlPrepareMdlWrite(_file, &at, 100, 0, &chain, &status));
        Assert.Equal(4 * Pages.Bytes + 100, _system.Length);
        new Span<byte>(chain->MappedSystemVa, (int)chain->ByteCount).Fill(9);
        Assert.True((bool)FsRtlMdlWriteComplete(_file, &at, chain));
        Assert.Equal(Filled(9), _system.Read(_file, 4 * Pages.Bytes, 100));
    }

    [Fact]
    public void Forms_for_a_device_and_with_a_status_do_the_same()
    {
        MDL* chain;
        IO_STATUS_BLOCK status;
        var at = new LARGE_INTEGER { QuadPart = 10 };
        Assert.True((bool)FsRtlMdlReadDev(_file, &at, 100, 0, &chain, &status, null));
        Assert.Equal((100u, (byte)1), (chain->ByteCount, *(byte*)chain->MappedSystemVa));
        Assert.True((bool)FsRtlMdlReadCompleteDev(_file, chain, null));
        Assert.True((bool)FsRtlPrepareMdlWriteDev(_file, &at, 100, 0, &chain, &status, null));
        new Span<byte>(chain->MappedSystemVa, 100).Fill(9);
        Assert.True((bool)FsRtlMdlWriteCompleteDev(_file, &at, chain, null));
        Assert.Equal(Filled(9), _system.Read(_file, 10, 100));

        // With a status: done, at the end, left to the file system, and why not.
        Assert.Equal(STATUS_SUCCESS, FsRtlMdlReadEx(_file, &at, 100, 0, &chain, &status));
        Assert.True((bool)FsRtlMdlReadComplete(_file, chain));
        Assert.Equal(STATUS_SUCCESS, FsRtlPrepareMdlWriteEx(_file, &at, 100, 0, &chain, &status));
        Assert.True((bool)FsRtlMdlWriteComplete(_file, &at, chain));
        at.QuadPart = 4 * Pages.Bytes;
        Assert.Equal(STATUS_END_OF_FILE, FsRtlMdlReadEx(_file, &at, 100, 0, &chain, &status));
        Assert.Equal(STATUS_ACCESS_VIOLATION, FsRtlMdlReadEx(_file, null, 100, 0, &chain, &status));
        _system.Fcb->Header.IsFastIoPossible = (byte)FAST_IO_POSSIBLE.FastIoIsNotPossible;
        Assert.Equal(STATUS_NOT_SUPPORTED, FsRtlMdlReadEx(_file, &at, 100, 0, &chain, &status));
        Assert.Equal(STATUS_NOT_SUPPORTED, FsRtlPrepareMdlWriteEx(_file, &at, 100, 0, &chain, &status));
    }

    [Fact]
    public void A_size_put_where_the_cache_shows_it_is_taken_over()
    {
        _system.SetSizes(_file, 6 * Pages.Bytes, 4 * Pages.Bytes);
        _system.AcquireMain();
        var size = CcGetFileSizePointer(_file);
        Assert.Equal(6 * Pages.Bytes, size->QuadPart);
        size->QuadPart = 3 * Pages.Bytes;
        _system.ReleaseMainHere();
        _system.Fcb->Header.FileSize.QuadPart = _system.Fcb->Header.ValidDataLength.QuadPart = 3 * Pages.Bytes;
        Assert.Equal(Pages.Bytes, _system.Read(_file, 2 * Pages.Bytes, 2 * Pages.Bytes).Length);
        Assert.Equal(3 * Pages.Bytes, CcGetFileSizePointer(_file)->QuadPart);
    }

    private static byte[] Filled(byte value) => [.. Enumerable.Repeat(value, 100)];

    private (bool Done, NTSTATUS Status, long Count) Read(long offset, int length, bool wait = true)
    {
        byte[] bytes = new byte[Math.Max(1, length)];
        var at = new LARGE_INTEGER { QuadPart = offset };
        IO_STATUS_BLOCK status = default;
        fixed (byte* buffer = bytes)
        {
            bool done = FsRtlCopyRead(_file, &at, (uint)length, wait, 0, buffer, &status, null);
            return (done, status.Status, (long)status.Information);
        }
    }

    private (bool Done, NTSTATUS Status, long Count) Write(
        long offset, int length, bool wait = true, bool buffer = true)
    {
        byte[] bytes = [.. Enumerable.Repeat((byte)7, length)];
        var at = new LARGE_INTEGER { QuadPart = offset };
        IO_STATUS_BLOCK status = default;
        fixed (byte* memory = bytes)
        {
            bool done = FsRtlCopyWrite(_file, &at, (uint)length, wait, 0, buffer ? memory : null, &status, null);
            return (done, status.Status, (long)status.Information);
        }
    }
}
