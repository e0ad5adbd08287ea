using Concord.Nt;
using Concord.Nt.Native;
using Concord.Tests.Caching;
using static Concord.Nt.NtHost;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>
/// What a file system's own way to its disk answers, in each place where it can answer: only what says that all was
/// done counts as done.
/// </summary>
public sealed unsafe class StoreAnswerTests : IDisposable
{
    private static readonly NTSTATUS Timeout = new(0x102);

    private readonly FileCache _cache = new(new FileCacheOptions
    {
        CapacityBytes = 64 * Pages.Bytes,
        LazyWriterInterval = TimeSpan.Zero,
    });

    public enum Way
    {
        Returned,
        InTheStatusBlock,
        CompletedBefore,
        CompletedAsDoneAndReturned,
        OtherSuccess,
        OtherSuccessInTheStatusBlock,
        PendingInTheStatusBlock,
        OtherSuccessCompleted,
        TooFew,
        ShortCompleted,
        TooMany,
    }

    public static TheoryData<Way> Ways => [.. Enum.GetValues<Way>()];

    public void Dispose() => _cache.Dispose();

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_write_that_does_not_say_that_all_is_written_leaves_its_bytes_dirty_and_a_purge_drops_none(Way way)
    {
        using var file = new AnsweringFile(pages: 2, _cache);
        Assert.True(file.Write(0, Pages.Of(7, 2)));
        file.OnWrite = (length, told, request) => Say(way, length, told, request);
        bool hasOwnStatus = way <= Way.CompletedAsDoneAndReturned;
        Assert.Equal(hasOwnStatus ? STATUS_DISK_FULL : STATUS_UNEXPECTED_IO_ERROR, file.FlushAndPurge().Status);
        Assert.Equal(Pages.Of(7, 2), file.Read(0, 2 * Pages.Bytes));

        // Once it works, all of it is written.
        file.OnWrite = null;
        while (!NT_SUCCESS(file.FlushAndPurge().Status)) Assert.Equal(Pages.Of(1, 2), file.Disk);
        Assert.Equal(Pages.Of(7, 2), file.Disk);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_read_that_does_not_say_that_it_has_read_is_an_error_and_shows_no_bytes(Way way)
    {
        if (way is Way.TooFew or Way.ShortCompleted) return;
        using var file = new AnsweringFile(pages: 2, _cache);
        file.OnRead = (length, told, request) => Say(way, length, told, request);
        bool hasOwnStatus = way <= Way.CompletedAsDoneAndReturned;
        Assert.Equal(
            hasOwnStatus ? STATUS_DISK_FULL : STATUS_UNEXPECTED_IO_ERROR, Raised(() => file.Read(0, Pages.Bytes)));
        file.OnRead = null;
        Assert.Equal(Pages.Of(1), file.Read(0, Pages.Bytes));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_store_that_ends_before_the_file_is_an_error_and_no_zeros(bool saysSo)
    {
        using var file = new AnsweringFile(pages: 2, _cache);
        file.OnRead = (_, told, _) =>
        {
            told->Information = 0;
            return saysSo ? STATUS_END_OF_FILE : STATUS_SUCCESS;
        };
        Assert.Equal(STATUS_END_OF_FILE, Raised(() => file.Read(0, Pages.Bytes)));
    }

    [Fact]
    public void A_barrier_or_a_length_that_is_no_plain_success_is_a_failure()
    {
        using var file = new AnsweringFile(pages: 2, _cache);
        Assert.True(file.Write(0, Pages.Of(7)));
        file.OnFlush = static () => Timeout;
        Assert.Equal(STATUS_UNEXPECTED_IO_ERROR, file.FlushAndPurge().Status);
        Assert.Equal(Pages.Of(7), file.Read(0, Pages.Bytes));
        file.OnFlush = static () => STATUS_IO_DEVICE_ERROR;
        Assert.Equal(STATUS_IO_DEVICE_ERROR, file.FlushAndPurge().Status);
        file.OnSetLength = static () => Timeout;
        Assert.Equal(STATUS_UNEXPECTED_IO_ERROR, file.SetSize(3 * Pages.Bytes));
        Assert.Equal(2 * Pages.Bytes, CcGetFileSizePointer(file.Object)->QuadPart);
    }

    [Fact]
    public void A_length_is_told_for_sizes_and_not_for_a_write_which_makes_the_store_longer_itself()
    {
        using var file = new AnsweringFile(pages: 2, _cache);
        Assert.True(file.Write(2 * Pages.Bytes, Pages.Of(7)));
        Assert.Equal(STATUS_SUCCESS, file.FlushAndPurge().Status);
        Assert.Equal((3 * Pages.Bytes, 0), (file.Disk.Length, file.Lengths.Count));
        Assert.Equal(STATUS_SUCCESS, file.SetSize(3 * Pages.Bytes));
        Assert.Empty(file.Lengths);
        Assert.Equal(STATUS_SUCCESS, file.SetSize(4 * Pages.Bytes));
        CcGetFileSizePointer(file.Object)->QuadPart = Pages.Bytes;
        Assert.Equal(Pages.Of(1), file.Read(0, 2 * Pages.Bytes));
        Assert.Equal([4L * Pages.Bytes, Pages.Bytes], file.Lengths);
    }

    [Fact]
    public void A_store_that_takes_no_writes_is_write_protected_for_every_routine_that_writes()
    {
        using var file = new AnsweringFile(pages: 2, _cache, CONCORD_STORE.CONCORD_STORE_READ_ONLY);
        Assert.Equal(Pages.Of(1), file.Read(0, Pages.Bytes));
        var memory = default(LARGE_INTEGER);
        var end = new LARGE_INTEGER { QuadPart = 10 };
        LARGE_INTEGER* zero = &memory, ten = &end;
        void* first, second;
        void** bcb = &first, buffer = &second;
        MDL* made;
        MDL** chain = &made;
        IO_STATUS_BLOCK block;
        var status = &block;
        Assert.True((bool)CcPinRead(file.Object, zero, 10, PIN_WAIT, bcb, buffer));
        NTSTATUS[] answers =
        [
            Raised(() => file.Write(0, [7])),
            Raised(() => CcZeroData(file.Object, zero, ten, true)),
            Raised(() => CcSetDirtyPinnedData(*bcb, null)),
            Raised(() => CcPreparePinWrite(file.Object, zero, 10, false, PIN_WAIT, bcb, buffer)),
            Raised(() => CcPrepareMdlWrite(file.Object, zero, 10, chain, status)),
            file.SetSize(Pages.Bytes),
            ConcordMapView(file.Object, null, 0, CONCORD_VIEW_WRITABLE, buffer),
        ];
        Assert.All(answers, static status => Assert.Equal(STATUS_MEDIA_WRITE_PROTECTED, status));
        CcUnpinData(*bcb);
    }

    [Fact]
    public void What_is_longer_than_any_file_is_too_large_and_changes_nothing()
    {
        const long Far = 1L << 50;
        using var file = new AnsweringFile(pages: 2, _cache);
        Assert.Equal(STATUS_FILE_TOO_LARGE, Raised(() => file.Write(Far, [7])));
        Assert.Equal(STATUS_FILE_TOO_LARGE, file.SetSize(Far));
        var sizes = CachingFixture.Sizes(Far);
        var told = &sizes;
        Assert.Equal(
            STATUS_FILE_TOO_LARGE, Raised(() => CcInitializeCacheMap(file.Object, told, false, null, null)));
        Assert.Equal(2 * Pages.Bytes, CcGetFileSizePointer(file.Object)->QuadPart);
        Assert.Empty(file.Lengths);
    }

    [Fact]
    public void A_call_that_comes_from_its_own_store_would_wait_for_itself_and_is_told_so()
    {
        using var file = new AnsweringFile(pages: 2, _cache);
        NTSTATUS? told = null;
        file.OnFlush = () =>
        {
            told = Raised(() => file.Write(0, [9]));
            return STATUS_SUCCESS;
        };
        Assert.True(file.Write(0, [7]));
        Assert.Equal(STATUS_SUCCESS, file.FlushAndPurge().Status);
        Assert.Equal((STATUS_POSSIBLE_DEADLOCK, (byte)7), (told, file.Disk[0]));
    }

    [Fact]
    public void What_a_callback_does_with_other_routines_is_no_error_of_the_routine_that_called_it()
    {
        using var file = new AnsweringFile(pages: 2, _cache);
        file.OnFlush = static () => ConcordCompleteRequest(null, STATUS_SUCCESS, 0) == STATUS_INVALID_PARAMETER
            && LastError.Status == STATUS_INVALID_PARAMETER ? STATUS_SUCCESS : STATUS_IO_DEVICE_ERROR;
        Assert.True(file.Write(0, [7]));
        LastError.Clear();
        Assert.Equal(STATUS_SUCCESS, file.FlushAndPurge().Status);
        Assert.Equal(STATUS_SUCCESS, LastError.Status);

        // And the other way round: an error of before the callback is not forgotten.
        LastError.Keep(STATUS_FILE_CLOSED, "before");
        Assert.True(file.Write(0, [8]));
        _ = file.FlushAndPurge();
        Assert.Equal(STATUS_FILE_CLOSED, LastError.Status);
        LastError.Clear();
    }

    private static NTSTATUS Say(Way way, uint length, IO_STATUS_BLOCK* told, void* request)
    {
        told->Information = length;
        switch (way)
        {
            case Way.Returned:
                return STATUS_DISK_FULL;
            case Way.InTheStatusBlock:
                told->Status = STATUS_DISK_FULL;
                return STATUS_SUCCESS;
            case Way.CompletedBefore:
                _ = ConcordCompleteRequest(request, STATUS_DISK_FULL, 0);
                return STATUS_SUCCESS;
            case Way.CompletedAsDoneAndReturned:
                _ = ConcordCompleteRequest(request, STATUS_SUCCESS, length);
                return STATUS_DISK_FULL;
            case Way.OtherSuccess:
                return Timeout;
            case Way.OtherSuccessInTheStatusBlock:
                told->Status = STATUS_CACHE_PAGE_LOCKED;
                return STATUS_SUCCESS;
            case Way.PendingInTheStatusBlock:
                told->Status = STATUS_PENDING;
                return STATUS_SUCCESS;
            case Way.OtherSuccessCompleted:
                _ = ConcordCompleteRequest(request, Timeout, length);
                return STATUS_PENDING;
            case Way.TooFew:
                told->Information = length / 2;
                return STATUS_SUCCESS;
            case Way.ShortCompleted:
                _ = ConcordCompleteRequest(request, STATUS_SUCCESS, length / 2);
                return STATUS_PENDING;
            default:
                told->Information = length + 1;
                return STATUS_SUCCESS;
        }
    }

    private static NTSTATUS Raised(Action call) => Assert.Throws<NtStatusException>(call).Status;
}
