using Concord.Caching;
using Concord.Nt.Native;

namespace Concord.Nt;

// More of mappings and pins, and of dirty pages.
public static unsafe partial class Ntifs
{
    /// <summary>The largest write that never makes its caller wait for others to be written.</summary>
    private const uint SmallWriteMax = 0x10000;

    /// <summary>
    /// Whether a write is so small that it does not make its caller write dirty pages first. (NT:
    /// CcCopyWriteWontFlush.) Does not block.
    /// </summary>
    /// <param name="FileObject">Ignored.</param>
    /// <param name="FileOffset">Ignored.</param>
    /// <param name="Length">Bytes.</param>
    /// <returns>TRUE up to 64 KiB.</returns>
    /// <remarks>At any IRQL. Thread safe.</remarks>
    public static BOOLEAN CcCopyWriteWontFlush(FILE_OBJECT* FileObject, LARGE_INTEGER* FileOffset, uint Length) =>
        Length <= SmallWriteMax;

    /// <summary>
    /// Where a file system finds the size that the cache has for a stream. What it writes there the cache takes over
    /// with the next routine that gets a handle of the stream, as by <see cref="CcSetFileSizes"/>: the way back when
    /// something failed behind a change of the size. (NT: CcGetFileSizePointer.) Does not block.
    /// </summary>
    /// <param name="FileObject">A handle whose caching is initialised.</param>
    /// <returns>The size as of this call; valid until the stream's last handle is closed or detached.</returns>
    /// <exception cref="NtStatusException">STATUS_INVALID_PARAMETER: the file object is not cached;
    /// STATUS_ACCESS_VIOLATION: it is null.</exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>.
    /// </exception>
    /// <remarks>At APC_LEVEL or lower, by a thread that has acquired the stream exclusively.</remarks>
    public static LARGE_INTEGER* CcGetFileSizePointer(FILE_OBJECT* FileObject)
    {
        const string Routine = nameof(CcGetFileSizePointer);
        return (LARGE_INTEGER*)NtCall.Raising(Routine, () =>
        {
            NtCall.RequireLevel(Routine, Irql.ApcLevel);
            return (nint)NtCall.CachedHandle(Routine, FileObject).Stream.ShowSize();
        });
    }

    /// <summary>
    /// The file object that the cache refers to for a mapping's or pin's stream. (NT: CcGetFileObjectFromBcb.) Does not
    /// block.
    /// </summary>
    /// <param name="Bcb">The BCB of a mapping or a pin.</param>
    /// <returns>As <see cref="CcGetFileObjectFromSectionPtrs"/>; null also when it is no BCB that is in use.</returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>. No other exception.
    /// </exception>
    /// <remarks>At APC_LEVEL or lower. Thread safe.</remarks>
    public static FILE_OBJECT* CcGetFileObjectFromBcb(void* Bcb) => (FILE_OBJECT*)NtCall.Returning(
        () =>
        {
            NtCall.RequireLevel(nameof(CcGetFileObjectFromBcb), Irql.ApcLevel);
            var pin = FindPin(nameof(CcGetFileObjectFromBcb), Bcb);
            return pin.Stream.CachedHandles is [var oldest, ..] ? (nint)oldest.Object : 0;
        },
        static _ => (nint)0);

    /// <summary>Holds what is mapped or pinned once more, for reading. (NT: CcRemapBcb.) Does not block.</summary>
    /// <param name="Bcb">The BCB of a mapping or a pin.</param>
    /// <returns>The BCB of a mapping, for <see cref="CcUnpinData"/>, by any thread.</returns>
    /// <exception cref="NtStatusException">STATUS_INVALID_PARAMETER: it is no BCB that is in use; STATUS_CANT_WAIT: the
    /// bytes cannot be held once more at once. Nothing changed.</exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed.
    /// </exception>
    /// <remarks>At APC_LEVEL or lower. Thread safe.</remarks>
    public static void* CcRemapBcb(void* Bcb)
    {
        const string Routine = nameof(CcRemapBcb);
        return (void*)NtCall.Raising(Routine, () =>
        {
            NtCall.RequireLevel(Routine, Irql.ApcLevel);
            var pin = FindPin(Routine, Bcb);
            if (!pin.IsPinned)
                return pin.Stream.Pins.TryKeep(pin, isRepin: false) ? (nint)Bcb : throw NoSuchBcb(Routine);
            var held = pin.Stream.Through(file => Hold(pin.Stream, (FileOperations)file, pin.Range, mayBlock: false))
                ?? throw new NtStatusException(Routine, NTSTATUS.STATUS_CANT_WAIT, "the bytes cannot be held at once");
            return (nint)pin.Stream.Pins.Map(held, out _).Bcb;
        });
    }

    /// <summary>
    /// Keeps a pin's bytes and its BCB beyond its <see cref="CcUnpinData"/>, to be written through later. (NT:
    /// CcRepinBcb.) Does not block.
    /// </summary>
    /// <param name="Bcb">The BCB of a pin, for <see cref="CcUnpinRepinnedBcb"/>.</param>
    /// <exception cref="NtStatusException">STATUS_INVALID_PARAMETER: it is no pin. Nothing changed.</exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed.
    /// </exception>
    /// <remarks>At APC_LEVEL or lower. Thread safe. Keeps no other caller from the bytes.</remarks>
    public static void CcRepinBcb(void* Bcb)
    {
        const string Routine = nameof(CcRepinBcb);
        _ = NtCall.Raising(Routine, () =>
        {
            NtCall.RequireLevel(Routine, Irql.ApcLevel);
            var pin = FindPinned(Routine, Bcb);
            return pin.Stream.Pins.TryKeep(pin, isRepin: true) ? true : throw NoSuchBcb(Routine);
        });
    }

    /// <summary>Ends what <see cref="CcRepinBcb"/> began, and writes the bytes first if asked to. (NT:
    /// CcUnpinRepinnedBcb.)</summary>
    /// <param name="Bcb">The BCB.</param>
    /// <param name="WriteThrough">Whether what is dirty of the bytes is to be durable in the store on return.</param>
    /// <param name="IoStatus">
    /// Receives STATUS_SUCCESS and the bytes that are in the store, 0 if none had to go; otherwise why writing failed:
    /// the bytes stay dirty, and the repinning has ended all the same.
    /// </param>
    /// <exception cref="NtStatusException">STATUS_INVALID_PARAMETER: the BCB was not repinned; STATUS_ACCESS_VIOLATION:
    /// a pointer is null. Nothing changed.</exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed.
    /// </exception>
    /// <remarks>At APC_LEVEL or lower. Blocks with <paramref name="WriteThrough"/>. Does not wait for other threads'
    /// pins, as the original does: what they change meanwhile is written as it stands.</remarks>
    public static void CcUnpinRepinnedBcb(void* Bcb, BOOLEAN WriteThrough, IO_STATUS_BLOCK* IoStatus)
    {
        const string Routine = nameof(CcUnpinRepinnedBcb);
        _ = NtCall.Raising(Routine, () =>
        {
            NtCall.RequireLevel(Routine, Irql.ApcLevel);
            NtCall.RequirePointer(Routine, IoStatus, "IoStatus");
            var pin = FindPinned(Routine, Bcb);
            if (!pin.Stream.Pins.TryTakeRepin(pin)) throw NoSuchBcb(Routine);
            *IoStatus = default;
            try
            {
                if (WriteThrough && DirtyQuery.CountPages(pin.Stream.State, pin.Range) > 0)
                    *IoStatus = FlushRange(pin.Stream, pin.Range);
            }
            catch (Exception error)
            {
                *IoStatus = new IO_STATUS_BLOCK { Status = ErrorStatus.Of(error) };
            }
            finally
            {
                pin.Stream.Pins.EndRepin(pin);
                pin.Stream.CloseSectionIfDelayed();
            }

            return true;
        });
    }

    /// <summary>
    /// Gives a pin of the calling thread to an owner that is no thread: from now on whoever knows the owner unpins it,
    /// with <see cref="CcUnpinDataForThread"/>. (NT: CcSetBcbOwnerPointer.) Does not block.
    /// </summary>
    /// <param name="Bcb">The BCB of a pin that the thread has.</param>
    /// <param name="OwnerPointer">The owner: an address with the lowest two bits set.</param>
    /// <exception cref="NtStatusException">STATUS_INVALID_PARAMETER: it is no pin, or the owner is not in order;
    /// STATUS_RESOURCE_NOT_OWNED: another thread has it. Nothing changed.</exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed.
    /// </exception>
    /// <remarks>
    /// At APC_LEVEL or lower. Thread safe. Of a thread that pinned it several times, one pin is given.
    /// </remarks>
    public static void CcSetBcbOwnerPointer(void* Bcb, void* OwnerPointer)
    {
        const string Routine = nameof(CcSetBcbOwnerPointer);
        _ = NtCall.Raising(Routine, () =>
        {
            NtCall.RequireLevel(Routine, Irql.ApcLevel);
            var pin = FindPinned(Routine, Bcb);
            if (((nint)OwnerPointer & 3) != 3)
            {
                throw NtCall.Broken(Routine, NTSTATUS.STATUS_INVALID_PARAMETER,
                    "OwnerPointer must be an address with the lowest two bits set");
            }

            return pin.Stream.Pins.TryGive(pin, (nint)OwnerPointer) ? true : throw NotMine(Routine);
        });
    }

    /// <summary>Ends a pin that was given to an owner. (NT: CcUnpinDataForThread.) Does not block.</summary>
    /// <param name="Bcb">The BCB.</param>
    /// <param name="ResourceThreadId">The owner that <see cref="CcSetBcbOwnerPointer"/> was told.</param>
    /// <exception cref="NtStatusException">STATUS_INVALID_PARAMETER: it is no pin; STATUS_RESOURCE_NOT_OWNED: the owner
    /// has it not. Nothing changed.</exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed.
    /// </exception>
    /// <remarks>At PASSIVE_LEVEL. Thread safe; on any thread.</remarks>
    public static void CcUnpinDataForThread(void* Bcb, nuint ResourceThreadId)
    {
        const string Routine = nameof(CcUnpinDataForThread);
        _ = NtCall.Raising(Routine, () =>
        {
            NtCall.RequireLevel(Routine, Irql.PassiveLevel);
            var pin = FindPinned(Routine, Bcb);
            if (!pin.Stream.Pins.TryReleaseGiven(pin, (nint)ResourceThreadId))
            {
                throw NtCall.Broken(Routine, NTSTATUS.STATUS_RESOURCE_NOT_OWNED,
                    "the pin must have been given to this owner (CcSetBcbOwnerPointer)");
            }

            pin.Stream.CloseSectionIfDelayed();
            return true;
        });
    }

    /// <summary>
    /// Tells of everything that is dirty in the streams of a log, and how far back the log is needed for it. (NT:
    /// CcGetDirtyPages.)
    /// </summary>
    /// <param name="LogHandle">The log, as <see cref="CcSetLogHandleForFile"/> was told it.</param>
    /// <param name="DirtyPageRoutine">
    /// Called for each run of dirty pages: the file object that the cache refers to, the first byte, the length, the
    /// oldest and the newest number (0 where the pages have none), and both contexts. On the calling thread; must not
    /// use the streams.
    /// </param>
    /// <param name="Context1">Passed on.</param>
    /// <param name="Context2">Passed on.</param>
    /// <returns>The oldest number of all, or 0 if nothing with a number is dirty.</returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>. No other exception.
    /// </exception>
    /// <remarks>At APC_LEVEL or lower. Does not block. Thread safe.</remarks>
    public static LARGE_INTEGER CcGetDirtyPages(
        void* LogHandle,
        delegate* unmanaged<FILE_OBJECT*, LARGE_INTEGER*, uint, LARGE_INTEGER*, LARGE_INTEGER*, void*, void*, void>
            DirtyPageRoutine,
        void* Context1, void* Context2)
    {
        const string Routine = nameof(CcGetDirtyPages);
        return NtCall.Returning(
            () =>
            {
                NtCall.RequireLevel(Routine, Irql.ApcLevel);
                NtCall.RequirePointer(Routine, DirtyPageRoutine, "DirtyPageRoutine");
                long oldestOfAll = 0;
                foreach (var stream in NtStream.All)
                {
                    if (!stream.IsConcords || !stream.Log.Is(LogHandle)) continue;
                    var file = stream.CachedHandles is [var oldest, ..] ? oldest.Object : null;
                    foreach (var (range, first, last) in DirtyQuery.ListWithLog(stream.State))
                    {
                        var offset = new LARGE_INTEGER { QuadPart = range.Offset };
                        var low = new LARGE_INTEGER { QuadPart = first };
                        var high = new LARGE_INTEGER { QuadPart = last };
                        using (LastError.PutAside())
                            DirtyPageRoutine(file, &offset, (uint)range.Length, &low, &high, Context1, Context2);
                        if (first != 0 && (oldestOfAll == 0 || first < oldestOfAll)) oldestOfAll = first;
                    }
                }

                return new LARGE_INTEGER { QuadPart = oldestOfAll };
            },
            static _ => default);
    }

    private static NtPin FindPinned(string routine, void* bcb)
    {
        var pin = FindPin(routine, bcb);
        return pin.IsPinned
            ? pin
            : throw NtCall.Broken(routine, NTSTATUS.STATUS_INVALID_PARAMETER, "the bytes are mapped, not pinned");
    }
}
