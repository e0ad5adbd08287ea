namespace Concord.Nt;

// Touching a stream's bytes in place: mapping and pinning.
public static unsafe partial class Ntifs
{
    /// <summary>
    /// Bytes of a cache view: what can be mapped or pinned at a time, from one multiple of it to the next.
    /// </summary>
    public const uint VACB_MAPPING_GRANULARITY = 1 << VACB_OFFSET_SHIFT;

    /// <summary>The binary logarithm of <see cref="VACB_MAPPING_GRANULARITY"/>.</summary>
    public const int VACB_OFFSET_SHIFT = 18;

    /// <summary>For <see cref="CcMapData"/>: the routine may block.</summary>
    public const uint MAP_WAIT = 0x1;

    /// <summary>For <see cref="CcMapData"/>: only what is in memory is mapped.</summary>
    public const uint MAP_NO_READ = 0x10;

    /// <summary>For pins: the routine may block.</summary>
    public const uint PIN_WAIT = 0x1;

    /// <summary>
    /// For pins: no other thread has the bytes pinned meanwhile. Without <see cref="PIN_WAIT"/>, a try.
    /// </summary>
    public const uint PIN_EXCLUSIVE = 0x2;

    /// <summary>For pins: only what is in memory is pinned.</summary>
    public const uint PIN_NO_READ = 0x4;

    /// <summary>For pins: pins only bytes that are pinned already.</summary>
    public const uint PIN_IF_BCB = 0x8;

    /// <summary>For <see cref="CcMapData"/>: how badly memory is wanted; ignored.</summary>
    public const uint MAP_HIGH_PRIORITY = 0x40;

    /// <summary>For <see cref="CcMapData"/>: one page at a time is brought in; ignored.</summary>
    public const uint MAP_DISABLE_PAGEFAULT_CLUSTERING = 0x100;

    /// <summary>For pins: the caller tracks its own changes; ignored, all dirty data is tracked.</summary>
    public const uint PIN_CALLER_TRACKS_DIRTY_DATA = 0x20;

    /// <summary>For pins: how badly memory is wanted; ignored.</summary>
    public const uint PIN_HIGH_PRIORITY = 0x40;

    /// <summary>For pins: the store checks what it reads; ignored.</summary>
    public const uint PIN_VERIFY_REQUIRED = 0x80;

    /// <summary>Holds bytes in memory, to be read in place. (NT: CcMapData.)</summary>
    /// <param name="FileObject">A handle whose caching is initialised.</param>
    /// <param name="FileOffset">The first byte.</param>
    /// <param name="Length">
    /// Bytes; all in one cache view (see <see cref="VACB_MAPPING_GRANULARITY"/>), up to the last page of the allocation
    /// size. Behind the end of the file there are zeros.
    /// </param>
    /// <param name="Flags">MAP_WAIT, MAP_NO_READ; other bits are ignored.</param>
    /// <param name="Bcb">
    /// Receives what to give to <see cref="CcUnpinData"/>: the same for everything mapped in one view.
    /// </param>
    /// <param name="Buffer">Receives where the first byte is, valid until that call.</param>
    /// <returns>
    /// TRUE, or FALSE when it would have to block, or, with MAP_NO_READ, to read; absent bytes are brought in then in
    /// the background.
    /// </returns>
    /// <exception cref="NtStatusException">
    /// STATUS_ACCESS_VIOLATION: the whole view lies behind the allocation size, or a pointer is null;
    /// STATUS_END_OF_FILE: pages of the range do; STATUS_INVALID_PARAMETER: the range is empty or no range, or, with
    /// MAP_WAIT, does not lie in one view; STATUS_POSSIBLE_DEADLOCK: it would wait for what this thread has prepared by
    /// <see cref="CcPrepareMdlWrite"/>; otherwise what the store said. Nothing is held.
    /// </exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing is held.
    /// </exception>
    /// <remarks>
    /// At APC_LEVEL or lower. Thread safe; any thread may unmap. While a page is mapped it is not purged, and the
    /// stream is not cut before it.
    /// </remarks>
    public static BOOLEAN CcMapData(FILE_OBJECT* FileObject, LARGE_INTEGER* FileOffset, uint Length, uint Flags,
        void** Bcb, void** Buffer)
    {
        const string Routine = nameof(CcMapData);
        return NtCall.Raising<BOOLEAN>(Routine, () =>
        {
            var handle = NtCall.CachedHandle(Routine, FileObject);
            bool waits = (Flags & MAP_WAIT) != 0;
            if (FindInView(Routine, handle, FileOffset, Length, waits, Bcb, Buffer) is not { } range) return false;
            bool mayRead = waits && (Flags & MAP_NO_READ) == 0;
            if (mayRead) handle.Stream.RefuseToWaitForMyself(Routine, range);
            if (Hold(handle.Stream, handle.Operations, range, mayRead) is not { } held) return false;
            *Bcb = handle.Stream.Pins.Map(held, out byte* address).Bcb;
            *Buffer = address;
            return true;
        });
    }

    /// <summary>Holds bytes in memory, to be changed in place under a lock. (NT: CcPinRead.)</summary>
    /// <param name="FileObject">A handle whose caching is initialised.</param>
    /// <param name="FileOffset">The first byte.</param>
    /// <param name="Length">Bytes, as for <see cref="CcMapData"/>.</param>
    /// <param name="Flags">PIN_*; other bits are ignored.</param>
    /// <param name="Bcb">
    /// Receives what to give to <see cref="CcUnpinData"/>: that of a pin that has all of the range, or a new one. Null
    /// when PIN_IF_BCB is asked for and there is none.
    /// </param>
    /// <param name="Buffer">Receives where the first byte is, the same place as when it is mapped.</param>
    /// <returns>
    /// TRUE, or FALSE when it would have to block, or what the flags ask for does not hold, or the thread wants alone
    /// what it shares already, or what it has given to an owner (<see cref="CcSetBcbOwnerPointer"/>): it would wait for
    /// itself.
    /// </returns>
    /// <exception cref="NtStatusException">As <see cref="CcMapData"/>.</exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing is held.
    /// </exception>
    /// <remarks>At APC_LEVEL or lower. Thread safe; the thread that pins is the one that unpins. What is changed is
    /// written back only after <see cref="CcSetDirtyPinnedData"/>.</remarks>
    public static BOOLEAN CcPinRead(FILE_OBJECT* FileObject, LARGE_INTEGER* FileOffset, uint Length, uint Flags,
        void** Bcb, void** Buffer) =>
        NtCall.Raising<BOOLEAN>(nameof(CcPinRead),
            () => Pin(nameof(CcPinRead), FileObject, FileOffset, Length, Flags, Bcb, Buffer) is not null);

    /// <summary>Makes of a mapping a pin. (NT: CcPinMappedData.)</summary>
    /// <param name="FileObject">A handle whose caching is initialised.</param>
    /// <param name="FileOffset">The first byte.</param>
    /// <param name="Length">Bytes, as for <see cref="CcMapData"/>.</param>
    /// <param name="Flags">PIN_*; other bits are ignored.</param>
    /// <param name="Bcb">
    /// The BCB of a mapping, which receives that of the pin: one call of <see cref="CcUnpinData"/> is due as before. A
    /// BCB of a pin stays as it is.
    /// </param>
    /// <returns>
    /// TRUE, or FALSE when it would have to block, or what the flags ask for does not hold; the mapping is as before.
    /// </returns>
    /// <exception cref="NtStatusException">As <see cref="CcMapData"/>; the mapping is as before.</exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; the mapping is as before.
    /// </exception>
    /// <remarks>At PASSIVE_LEVEL. Thread safe.</remarks>
    public static BOOLEAN CcPinMappedData(FILE_OBJECT* FileObject, LARGE_INTEGER* FileOffset, uint Length, uint Flags,
        void** Bcb)
    {
        const string Routine = nameof(CcPinMappedData);
        return NtCall.Raising<BOOLEAN>(Routine, () =>
        {
            NtCall.RequireLevel(Routine, Irql.PassiveLevel);
            NtCall.RequirePointer(Routine, Bcb, "Bcb");
            var mapping = FindPin(Routine, *Bcb);
            if (mapping.Stream != NtCall.Handle(Routine, FileObject).Stream)
            {
                throw NtCall.Broken(Routine, NTSTATUS.STATUS_INVALID_PARAMETER,
                    "Bcb must be one of the file object's stream");
            }

            if (mapping.Lock is { } pinLock) return pinLock.IsMine ? true : throw NotMine(Routine);
            void* pinned;
            void* buffer;
            if (Pin(Routine, FileObject, FileOffset, Length, Flags, &pinned, &buffer) is not { } pin) return false;
            if (!mapping.Stream.Pins.TryRelease(mapping))
            {
                _ = pin.Stream.Pins.TryRelease(pin);
                throw NoSuchBcb(Routine);
            }

            *Bcb = pinned;
            return true;
        });
    }

    /// <summary>
    /// Pins bytes that are to be overwritten; they are dirty from the start. (NT: CcPreparePinWrite.)
    /// </summary>
    /// <param name="FileObject">A handle whose caching is initialised, of a file that takes writes.</param>
    /// <param name="FileOffset">The first byte.</param>
    /// <param name="Length">Bytes, as for <see cref="CcMapData"/>.</param>
    /// <param name="Zero">Whether they are to be zeros; otherwise they are what the stream has.</param>
    /// <param name="Flags">PIN_WAIT, PIN_EXCLUSIVE, PIN_NO_READ, PIN_IF_BCB; other bits are ignored.</param>
    /// <param name="Bcb">Receives what to give to <see cref="CcUnpinData"/>.</param>
    /// <param name="Buffer">Receives where the first byte is.</param>
    /// <returns>TRUE, or FALSE when it would have to block, or what the flags ask for does not hold.</returns>
    /// <exception cref="NtStatusException">
    /// As <see cref="CcMapData"/>; STATUS_MEDIA_WRITE_PROTECTED: the store takes no writes; STATUS_ACCESS_DENIED: the
    /// handle is for reading. Nothing is held.
    /// </exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing is held.
    /// </exception>
    /// <remarks>
    /// At PASSIVE_LEVEL. Thread safe. Pages that are not in memory are read, which the original may spare; with
    /// PIN_NO_READ it is FALSE then.
    /// </remarks>
    public static BOOLEAN CcPreparePinWrite(
        FILE_OBJECT* FileObject, LARGE_INTEGER* FileOffset, uint Length, BOOLEAN Zero, uint Flags, void** Bcb,
        void** Buffer)
    {
        const string Routine = nameof(CcPreparePinWrite);
        return NtCall.Raising<BOOLEAN>(Routine, () =>
        {
            NtCall.RequireLevel(Routine, Irql.PassiveLevel);
            NtCall.RequireWritable(Routine, NtCall.CachedHandle(Routine, FileObject));
            if (Pin(Routine, FileObject, FileOffset, Length, Flags, Bcb, Buffer) is not { } pin) return false;
            try
            {
                pin.SetDirty(sequence: null);
            }
            catch
            {
                _ = pin.Stream.Pins.TryRelease(pin);
                throw;
            }

            if (Zero) new Span<byte>(*Buffer, (int)Length).Clear();
            return true;
        });
    }

    /// <summary>
    /// Says that pinned bytes are changed: they are dirty from now on, and are written back with what they hold when
    /// that happens, until they are unpinned. (NT: CcSetDirtyPinnedData.)
    /// </summary>
    /// <param name="BcbVoid">The BCB of a pin.</param>
    /// <param name="Lsn">
    /// Null, or the number of the change in the stream's log; less than 1 is no number. Without a log the number is
    /// kept for one that <see cref="CcSetLogHandleForFile"/> names before the page is written.
    /// </param>
    /// <exception cref="NtStatusException">STATUS_INVALID_PARAMETER: it is no pin; STATUS_MEDIA_WRITE_PROTECTED: the
    /// store takes no writes. Nothing changed.</exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed.
    /// </exception>
    /// <remarks>At APC_LEVEL or lower. Does not block and does no I/O. Thread safe. Said before the change is made
    /// where a log has to go first: what is dirty may be written back at any moment.</remarks>
    public static void CcSetDirtyPinnedData(void* BcbVoid, LARGE_INTEGER* Lsn)
    {
        const string Routine = nameof(CcSetDirtyPinnedData);
        _ = NtCall.Raising(Routine, () =>
        {
            NtCall.RequireLevel(Routine, Irql.ApcLevel);
            var pin = FindPin(Routine, BcbVoid);
            if (!pin.IsPinned)
                throw NtCall.Broken(Routine, NTSTATUS.STATUS_INVALID_PARAMETER, "the bytes are mapped, not pinned");
            NtCall.RequireWritable(Routine, pin.Stream);
            pin.SetDirty(Lsn is not null && Lsn->QuadPart > 0 ? Lsn->QuadPart : null);
            return true;
        });
    }

    /// <summary>
    /// Says which log describes a stream's changes: before pages with a number go to the store, the log is durable up
    /// to that number. (NT: CcSetLogHandleForFile.) Does not block.
    /// </summary>
    /// <param name="FileObject">A handle of a file in Concord's cache.</param>
    /// <param name="LogHandle">What the routine is given.</param>
    /// <param name="FlushToLsnRoutine">
    /// Makes the log durable up to a number; the pages are written when it returns, unless it has said by
    /// <see cref="NtHost.ConcordFailFlushToLsn"/> that it cannot: then they stay dirty. Called on any thread, by
    /// several at once; must not use the stream. Replaces what was set before.
    /// </param>
    /// <exception cref="NtStatusException">STATUS_ACCESS_VIOLATION: a pointer is null; STATUS_INVALID_PARAMETER: the
    /// file has a log of another kind. Nothing changed.</exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed.
    /// </exception>
    /// <remarks>
    /// At APC_LEVEL or lower. Thread safe. Set before the first change: what is written earlier waits for no log.
    /// </remarks>
    public static void CcSetLogHandleForFile(
        FILE_OBJECT* FileObject, void* LogHandle, delegate* unmanaged<void*, LARGE_INTEGER, void> FlushToLsnRoutine)
    {
        const string Routine = nameof(CcSetLogHandleForFile);
        _ = NtCall.Raising(Routine, () =>
        {
            NtCall.RequireLevel(Routine, Irql.ApcLevel);
            var handle = NtCall.Handle(Routine, FileObject);
            NtCall.RequirePointer(Routine, FlushToLsnRoutine, "FlushToLsnRoutine");
            var file = handle.Operations;
            try
            {
                file.SetLog(handle.Stream.Log);
            }
            catch (InvalidOperationException error)
            {
                throw NtCall.Broken(Routine, NTSTATUS.STATUS_INVALID_PARAMETER, error.Message);
            }

            handle.Stream.Log.Set(LogHandle, FlushToLsnRoutine);
            return true;
        });
    }

    /// <summary>Ends one mapping or pin; writes nothing. (NT: CcUnpinData.)</summary>
    /// <param name="Bcb">
    /// What the mapping or pin gave; void when each call that gave it has had its own of this.
    /// </param>
    /// <exception cref="NtStatusException">STATUS_INVALID_PARAMETER: it is no BCB that is in use;
    /// STATUS_RESOURCE_NOT_OWNED: another thread has pinned it, and has not ended. Nothing changed.</exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed.
    /// </exception>
    /// <remarks>At PASSIVE_LEVEL. Does not block.</remarks>
    public static void CcUnpinData(void* Bcb)
    {
        const string Routine = nameof(CcUnpinData);
        _ = NtCall.Raising(Routine, () =>
        {
            NtCall.RequireLevel(Routine, Irql.PassiveLevel);
            var pin = FindPin(Routine, Bcb);
            if (pin.Lock is { IsMine: false, IsAbandoned: false }) throw NotMine(Routine);
            if (!pin.Stream.Pins.TryRelease(pin)) throw NoSuchBcb(Routine);
            pin.Stream.CloseSectionIfDelayed();
            return true;
        });
    }

    private static NtPin? Pin(
        string routine, FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, uint flags, void** bcb,
        void** buffer)
    {
        var handle = NtCall.CachedHandle(routine, fileObject);
        bool waits = (flags & PIN_WAIT) != 0;
        if (FindInView(routine, handle, fileOffset, length, waits, bcb, buffer) is not { } range) return null;
        var pins = handle.Stream.Pins;
        if ((flags & PIN_IF_BCB) != 0 && !pins.IsPinned(range))
        {
            *bcb = null;
            return null;
        }

        if (pins.IsAbandoned(range)) NtCall.TellAbandonedPin(routine, range);
        bool reads = waits && (flags & (PIN_NO_READ | PIN_IF_BCB)) == 0;
        if (reads) handle.Stream.RefuseToWaitForMyself(routine, range);
        var pin = pins.Pin(range, (flags & PIN_EXCLUSIVE) != 0, waits,
            () => Hold(handle.Stream, handle.Operations, range, reads));
        if (pin is null) return null;
        *bcb = pin.Bcb;
        *buffer = pin.AddressOf(range.Offset);
        return pin;
    }

    private static NtPin FindPin(string routine, void* bcb) => NtPins.Of(bcb) ?? throw NoSuchBcb(routine);

    private static Exception NoSuchBcb(string routine) =>
        NtCall.Broken(routine, NTSTATUS.STATUS_INVALID_PARAMETER,
            "Bcb must be that of a mapping or a pin that has not ended");

    private static Exception NotMine(string routine) =>
        NtCall.Broken(routine, NTSTATUS.STATUS_RESOURCE_NOT_OWNED, "the thread that pinned the bytes unpins them");
}
