using Concord.Nt.Native;

namespace Concord.Nt;

/// <summary>What every routine does with its arguments and its errors.</summary>
internal static unsafe class NtCall
{
    /// <summary>The exception for a rule that a caller broke.</summary>
    internal static Exception Broken(string routine, NTSTATUS status, string rule) =>
        NtChecks.IsEnabled
            ? new NtPreconditionException(routine, rule, status)
            : new NtStatusException(routine, status, rule);

    /// <summary>A thread has ended without unpinning.</summary>
    internal static void TellAbandonedPin(string routine, ByteRange range) =>
        TellAbandoned(routine, $"a thread that had pinned bytes of {range} has ended without unpinning them");

    /// <summary>
    /// A thread has ended with what it should have given back: a mistake, which checked mode stops at. Otherwise C is
    /// told why the call was no plain success.
    /// </summary>
    internal static void TellAbandoned(string routine, string rule)
    {
        if (NtChecks.IsEnabled) throw Broken(routine, NTSTATUS.STATUS_ABANDONED, rule);
        LastError.Keep(NTSTATUS.STATUS_ABANDONED, $"{routine}: {rule}");
    }

    /// <summary>Refuses a thread whose level is too high.</summary>
    internal static void RequireLevel(string routine, Irql highest)
    {
        if (Irql.Current <= highest) return;
        throw Broken(
            routine, NTSTATUS.STATUS_CANT_WAIT,
            $"it may be called at IRQL {highest.Level} or lower, and this thread runs at {Irql.Current.Level}");
    }

    /// <summary>Refuses null where the original would touch address 0.</summary>
    internal static void RequirePointer(string routine, void* pointer, string name)
    {
        if (pointer is null) throw Broken(routine, NTSTATUS.STATUS_ACCESS_VIOLATION, $"{name} must not be null");
    }

    /// <summary>The handle of a file object.</summary>
    internal static NtFile Handle(string routine, FILE_OBJECT* fileObject)
    {
        RequirePointer(routine, fileObject, "FileObject");
        var handle = NtFile.Of(fileObject)
            ?? throw Broken(routine, NTSTATUS.STATUS_INVALID_PARAMETER,
                "FileObject must be one that is open, or one that is attached (ConcordAttach)");
        if (NtChecks.IsEnabled && handle.FindOverwritten() is { } rule)
            throw Broken(routine, NTSTATUS.STATUS_INVALID_PARAMETER, rule);
        handle.Stream.TakeOverSize(handle);
        return handle;
    }

    /// <summary>The handle of a file object whose caching was initialised.</summary>
    internal static NtFile CachedHandle(string routine, FILE_OBJECT* fileObject)
    {
        var handle = Handle(routine, fileObject);
        return handle.IsCached
            ? handle
            : throw Broken(routine, NTSTATUS.STATUS_INVALID_PARAMETER,
                "the file object's caching must be initialised (CcInitializeCacheMap)");
    }

    /// <summary>Refuses to write where the store takes no writes, or the handle is for reading.</summary>
    internal static void RequireWritable(string routine, NtFile handle)
    {
        if (handle.Operations.CanWrite) return;
        RequireWritable(routine, handle.Stream);
        throw new NtStatusException(routine, NTSTATUS.STATUS_ACCESS_DENIED, "the handle was opened for reading");
    }

    /// <summary>Refuses to write where the store takes no writes.</summary>
    internal static void RequireWritable(string routine, NtStream stream)
    {
        if (stream.State.Store.Traits.CanWrite) return;
        throw new NtStatusException(routine, NTSTATUS.STATUS_MEDIA_WRITE_PROTECTED,
            "the store takes no writes: it is read-only, or the file was opened for reading");
    }

    /// <summary>Refuses to make a stream longer than its store, or a cache, can be.</summary>
    internal static void RequireReach(string routine, NtStream stream, long end)
    {
        if (end <= stream.State.LengthLimit) return;
        throw new NtStatusException(routine, NTSTATUS.STATUS_FILE_TOO_LARGE,
            $"the file would reach to {end}, and {stream.State.LengthLimit} bytes are the most");
    }

    /// <summary>The stream of section object pointers.</summary>
    internal static NtStream Stream(string routine, SECTION_OBJECT_POINTERS* pointers)
    {
        if (pointers is null)
            throw Broken(routine, NTSTATUS.STATUS_INVALID_PARAMETER, "SectionObjectPointer must not be null");
        var stream = NtStream.Of(pointers)
            ?? throw Broken(routine, NTSTATUS.STATUS_INVALID_PARAMETER,
                "SectionObjectPointer must be that of a file object that is open or attached");
        if (NtChecks.IsEnabled && stream.FindOverwritten() is { } rule)
            throw Broken(routine, NTSTATUS.STATUS_INVALID_PARAMETER, rule);
        return stream;
    }

    /// <summary>A range of a stream.</summary>
    internal static ByteRange Range(string routine, LARGE_INTEGER* offset, uint length)
    {
        RequirePointer(routine, offset, "FileOffset");
        return offset->QuadPart >= 0 && offset->QuadPart <= long.MaxValue - length
            ? new ByteRange(offset->QuadPart, length)
            : throw Broken(routine, NTSTATUS.STATUS_INVALID_PARAMETER,
                $"{length} bytes from {offset->QuadPart} are no range");
    }

    /// <summary>
    /// A range as the flush and the purge take it, except for its length of 0: no offset means everything.
    /// </summary>
    internal static ByteRange RangeOrAll(string routine, LARGE_INTEGER* offset, uint length)
    {
        if (offset is null) return new ByteRange(0, long.MaxValue);
        return offset->QuadPart >= 0 && offset->QuadPart <= long.MaxValue - length
            ? new ByteRange(offset->QuadPart, length)
            : throw Broken(routine, NTSTATUS.STATUS_INVALID_PARAMETER,
                $"{length} bytes from {offset->QuadPart} on are no range");
    }

    /// <summary>Whether an error is still to be raised as a status.</summary>
    internal static bool IsCause(Exception error) => error is not (NtStatusException or NtPreconditionException);

    /// <summary>What a routine raises for an error of the library or a store.</summary>
    internal static NtStatusException Raised(string routine, Exception cause) =>
        new(routine, ErrorStatus.Of(cause), cause);

    /// <summary>Runs the body of a routine that raises.</summary>
    internal static T Raising<T>(string routine, Func<T> body)
    {
        try
        {
            return body();
        }
        catch (Exception error) when (IsCause(error))
        {
            throw Raised(routine, error);
        }
    }

    /// <summary>
    /// Runs the body of a routine that never raises, except for broken rules while they are checked. The reason, which
    /// has no other way out, is kept for C.
    /// </summary>
    internal static T Returning<T>(Func<T> body, Func<NTSTATUS, T> failed)
    {
        try
        {
            return body();
        }
        catch (Exception error) when (IsForC(error))
        {
            return failed(ErrorStatus.Of(error));
        }
    }

    /// <summary>
    /// Keeps an error for C that leaves a routine in no other way; one of a broken rule that is thrown is not kept.
    /// </summary>
    internal static bool IsForC(Exception error) => error is not NtPreconditionException && LastError.Keep(error);
}
