namespace Concord.Nt;

// Views of a stream, as programs map files.
public static unsafe partial class NtHost
{
    /// <summary>For <see cref="ConcordMapView"/>: native code writes to the view, and so to the file.</summary>
    public const uint CONCORD_VIEW_WRITABLE = 0x1;

    /// <summary>For <see cref="ConcordMapView"/>: what native code writes to the view is seen there alone.</summary>
    public const uint CONCORD_VIEW_PRIVATE = 0x2;

    private const uint ViewFlags = CONCORD_VIEW_WRITABLE | CONCORD_VIEW_PRIVATE;

    /// <summary>
    /// Shows a part of a stream as memory to native code: a user's view, which the coherency routine collects writes
    /// from and invalidates, and whose address stays valid. (NT: NtMapViewOfSection.)
    /// </summary>
    /// <param name="FileObject">A handle of a file in Concord's cache; its caching need not be initialised.</param>
    /// <param name="FileOffset">The first byte; null means 0.</param>
    /// <param name="Length">Bytes; 0 means all up to the end of the file.</param>
    /// <param name="Flags">CONCORD_VIEW_*; none: the view is for reading.</param>
    /// <param name="BaseAddress">Receives where the first byte is, until <see cref="ConcordUnmapView"/>.</param>
    /// <returns>
    /// STATUS_SUCCESS; STATUS_ACCESS_VIOLATION: a pointer is null; STATUS_INVALID_PARAMETER: no such handle, unknown
    /// flags, or no range; STATUS_NOT_SUPPORTED: this machine has no views, or the file is none of Concord's cache;
    /// STATUS_RESOURCE_IN_USE: pages that are not in memory are being overwritten by an MDL;
    /// STATUS_MEDIA_WRITE_PROTECTED: the view is to write, and the store takes no writes; STATUS_ACCESS_DENIED: and the
    /// handle is for reading; otherwise what the system said. There is no view then.
    /// </returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; there is no view.
    /// </exception>
    /// <remarks>
    /// At APC_LEVEL or lower. Blocks. Thread safe. A touch of a page that is not there has it read on a thread of
    /// Concord's own, so that no thread may hold a lock that the store needs while it touches the view. A page that
    /// cannot be read raises SIGBUS. Managed code does not touch the address: see <see cref="MappedView"/>.
    /// </remarks>
    public static NTSTATUS ConcordMapView(
        FILE_OBJECT* FileObject, LARGE_INTEGER* FileOffset, nuint Length, uint Flags, void** BaseAddress)
    {
        const string Routine = nameof(ConcordMapView);
        return NtCall.Returning(
            () =>
            {
                NtCall.RequireLevel(Routine, Irql.ApcLevel);
                NtCall.RequirePointer(Routine, BaseAddress, "BaseAddress");
                *BaseAddress = null;
                var handle = NtCall.Handle(Routine, FileObject);
                long start = FileOffset is null ? 0 : FileOffset->QuadPart;
                if ((Flags & ~ViewFlags) != 0 || Flags == ViewFlags)
                    throw Wrong(Routine, $"Flags must be one of CONCORD_VIEW_*, and is 0x{Flags:X}");
                if (start < 0 || Length > (nuint)(long.MaxValue - start))
                    throw Wrong(Routine, $"{Length} bytes from {start} are no range");
                long end = Length == 0 ? handle.Operations.Length : start + (long)Length;
                if (end <= start) throw Wrong(Routine, $"the file has no bytes from {start} on");
                var access = Flags switch
                {
                    CONCORD_VIEW_WRITABLE => ViewAccess.ReadWrite,
                    CONCORD_VIEW_PRIVATE => ViewAccess.CopyOnWrite,
                    _ => ViewAccess.Read,
                };
                if (access == ViewAccess.ReadWrite) NtCall.RequireWritable(Routine, handle);
                *BaseAddress = (void*)NtViews.Map(handle, ByteRange.FromBounds(start, end), access);
                return NTSTATUS.STATUS_SUCCESS;
            },
            static status => status);
    }

    /// <summary>Ends a view. Bytes written to it are in the cache, and are written back as any write.</summary>
    /// <param name="BaseAddress">The address that <see cref="ConcordMapView"/> gave; no code touches it now.</param>
    /// <returns>STATUS_SUCCESS; STATUS_INVALID_PARAMETER, and nothing changed, when there is no view there.</returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed.
    /// </exception>
    /// <remarks>At APC_LEVEL or lower. Blocks. Thread safe. The file object may be closed by then, except the last one
    /// that a file system attached.</remarks>
    public static NTSTATUS ConcordUnmapView(void* BaseAddress)
    {
        const string Routine = nameof(ConcordUnmapView);
        return NtCall.Returning(
            () =>
            {
                NtCall.RequireLevel(Routine, Irql.ApcLevel);
                return NtViews.TryUnmap((nint)BaseAddress)
                    ? NTSTATUS.STATUS_SUCCESS : throw Wrong(Routine, "BaseAddress must be that of a view");
            },
            static status => status);
    }
}
