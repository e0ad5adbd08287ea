using Concord.Caching;
using Concord.Scheduling;

namespace Concord;

// The file as plain memory, for native code.
public abstract partial class FileOperations
{
    /// <summary>
    /// Maps a range as plain memory for native code. Absent pages are loaded when they are touched. A flush and purge
    /// takes the old bytes out, and the address stays valid. Blocks until operations under way have ended.
    /// </summary>
    /// <param name="range">The bytes, within the file; not empty. Neighbours on the same pages are visible too.</param>
    /// <param name="access">What native code may do there.</param>
    /// <returns>The view. It keeps the file in the cache, as a handle does, until it is disposed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The range is empty or ends beyond the file, or the access is not defined.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// This system, or this process, cannot answer page faults, or cannot notice writes; the message says what to set.
    /// Or the cache's memory has no descriptor. <see cref="ViewAccess.LeasedRead"/> needs neither.
    /// </exception>
    /// <exception cref="IOException">
    /// There is no memory, no address space, no mapping or no thread for it, or it lies beyond what a cache
    /// reaches; for a leased view also: the store could not be read.
    /// </exception>
    /// <exception cref="NotSupportedException">
    /// The view is to be written, and the file was opened for reading; or it was opened for writing alone.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <exception cref="InvalidOperationException">
    /// It comes from within a call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public MappedView MapView(ByteRange range, ViewAccess access = ViewAccess.Read)
    {
        CheckView(range, access);
        return SyncCompletion.Result(MapViewAsync(range, access, CallMode.Blocking, CancellationToken.None));
    }

    /// <summary>Maps a range, as <see cref="MapView"/> does, without blocking the caller.</summary>
    /// <param name="range">The bytes, within the file; not empty. Neighbours on the same pages are visible too.</param>
    /// <param name="access">What native code may do there.</param>
    /// <param name="cancellationToken">Stops waiting for the file; nothing is mapped then.</param>
    /// <returns>The view. It keeps the file in the cache, as a handle does, until it is disposed.</returns>
    /// <inheritdoc cref="MapView" path="/exception"/>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public ValueTask<MappedView> MapViewAsync(
        ByteRange range, ViewAccess access = ViewAccess.Read, CancellationToken cancellationToken = default)
    {
        CheckView(range, access);
        return MapViewAsync(range, access, CallMode.Async, cancellationToken);
    }

    /// <summary>
    /// Whether a cut to a length takes no bytes away from a view. It is only a query: a cut below a view is allowed,
    /// and what the view shows behind the new end is zeros. Does not block. NT: MmCanFileBeTruncated.
    /// </summary>
    /// <param name="length">The length in bytes, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is negative.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public bool CanCut(long length)
    {
        ThrowIfClosed();
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return length >= State.Sizes.Length || !Services.Views.List.Meets(ByteRange.FromBounds(length, long.MaxValue));
    }

    /// <summary>
    /// How many views of the file are mapped for writing. Does not block. NT: MmDoesFileHaveUserWritableReferences.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public int WritableViews
    {
        get
        {
            ThrowIfClosed();
            return Services.Views.List.Mappings.Count(static view => view.IsTracked);
        }
    }

    private async ValueTask<MappedView> MapViewAsync(
        ByteRange range, ViewAccess access, CallMode mode, CancellationToken cancellationToken)
    {
        var handle = MappedView.OpenHandle(Services, CanWrite, Reach);
        try
        {
            if (access == ViewAccess.LeasedRead)
                return await MappedView.LeaseAsync(handle, range, HoldsExclusively, mode, cancellationToken)
                    .ConfigureAwait(false);
            while (true)
            {
                await HoldExclusiveAsync(mode, cancellationToken).ConfigureAwait(false);
                try
                {
                    await RenewPrivateSectionAsync(mode, cancellationToken).ConfigureAwait(false);
                    return await MappedView.MapAsync(handle, range, access, mode).ConfigureAwait(false);
                }
                catch (IOException error) when (error.InnerException is OutOfMemoryException && !HoldsExclusively)
                {
                    // Idle files may have what the system lacks: ask them after the file is released.
                    if (Services.Cache.Files.SectionCount <= 1) throw;
                }
                finally
                {
                    ReleaseExclusive();
                }

                // The file is released: have idle files give up what was missing.
                var given = Services.Cache.Sections.GiveUpSomeAsync(State, mode, cancellationToken);
                if (!await given.ConfigureAwait(false)) throw NoMemoryForView(range);
            }
        }
        catch
        {
            await MappedView.CloseHandleAsync(handle, mode).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Has a file that got private memory, because descriptors were short, give it up, so that it gets a shareable
    /// section.
    /// </summary>
    private async ValueTask RenewPrivateSectionAsync(CallMode mode, CancellationToken cancellationToken)
    {
        bool mayBeShared = State.Cache.SectionKind == SectionKind.Automatic && State.HasSection;
        if (!mayBeShared || State.Section.CanAlias) return;
        _ = await Services.Cache.Sections.GiveUpHeldAsync(State, Listener, mode, cancellationToken)
            .ConfigureAwait(false);
    }

    private IOException NoMemoryForView(ByteRange range) =>
        new($"there is no descriptor, no mapping or no address space for a view of {range} of {Name}, "
            + "and no idle file can give any up");

    private void CheckView(ByteRange range, ViewAccess access)
    {
        ThrowIfUnreadable();
        EnumArgument.ThrowIfUndefined(access);
        if (range.IsEmpty || range.End > State.Sizes.Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(range), range, $"a view covers at least one byte, within the file's {State.Sizes.Length}");
        }

        if (range.End > FileState.LengthMax)
        {
            throw new IOException(
                $"{range} of {State.Store.Traits.Name} cannot be mapped: a cache reaches to {FileState.LengthMax}; "
                + "read it uncached");
        }

        if (access == ViewAccess.ReadWrite) ThrowIfReadOnly();
        if (access != ViewAccess.LeasedRead) _ = Services.Cache.Views.Faults.Faults;
    }
}
