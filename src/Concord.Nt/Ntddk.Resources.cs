using Concord.Nt.Native;

namespace Concord.Nt;

// Executive resources: the locks of a file system's control blocks.
public static unsafe partial class Ntddk
{
    /// <summary>Makes a lock of a piece of memory. (NT: ExInitializeResourceLite.) Does not block.</summary>
    /// <param name="Resource">
    /// The memory, which stays where it is until <see cref="ExDeleteResourceLite"/>, and is not copied.
    /// </param>
    /// <returns>STATUS_SUCCESS; STATUS_ACCESS_VIOLATION for null; STATUS_RESOURCE_IN_USE when it is a lock that a
    /// thread has: nothing changed then.</returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed.
    /// </exception>
    /// <remarks>At DISPATCH_LEVEL or lower. Allocates.</remarks>
    public static NTSTATUS ExInitializeResourceLite(ERESOURCE* Resource)
    {
        const string Routine = nameof(ExInitializeResourceLite);
        return NtCall.Returning(
            () =>
            {
                NtCall.RequireLevel(Routine, Irql.DispatchLevel);
                NtCall.RequirePointer(Routine, Resource, "Resource");
                bool isThere = ResourceLock.Of(Resource) is { } former && ResourceLock.IsIntact(Resource)
                    && !former.TryDelete(Resource);
                if (isThere) throw InUse(Routine);
                ResourceLock.Make(Resource);
                return NTSTATUS.STATUS_SUCCESS;
            },
            static status => status);
    }

    /// <summary>Takes a lock for the calling thread alone. (NT: ExAcquireResourceExclusiveLite.)</summary>
    /// <param name="Resource">The lock.</param>
    /// <param name="Wait">Whether to wait for it.</param>
    /// <returns>
    /// TRUE when the thread has it; once more, if it had it alone. FALSE when it may not wait, and also when it shares
    /// the lock and would wait for itself.
    /// </returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed. Without checks the answer is FALSE. Also
    /// with STATUS_ABANDONED, when a thread has ended with the lock: it is free then, and not this thread's.
    /// </exception>
    /// <remarks>
    /// At APC_LEVEL or lower, inside <see cref="KeEnterCriticalRegion"/>. Blocks with <paramref name="Wait"/>. Thread
    /// safe. A lock whose thread has ended keeps no thread out. The next thread that takes it learns of it: in C
    /// <c>ConcordLastStatus</c> is STATUS_ABANDONED, a success, and while rules are checked the call throws.
    /// </remarks>
    public static BOOLEAN ExAcquireResourceExclusiveLite(ERESOURCE* Resource, BOOLEAN Wait) =>
        Acquire(nameof(ExAcquireResourceExclusiveLite), Resource, Wait, ResourceAccess.Exclusive);

    /// <summary>
    /// Shares a lock with other threads that do. A thread that waits for it alone goes first, except before one that
    /// has it already. (NT: ExAcquireResourceSharedLite.)
    /// </summary>
    /// <param name="Resource">The lock.</param>
    /// <param name="Wait">Whether to wait for it.</param>
    /// <returns>TRUE when the thread has it: alone once more, if it had it so. FALSE when it may not wait.</returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed. Without checks the answer is FALSE.
    /// </exception>
    /// <remarks>As <see cref="ExAcquireResourceExclusiveLite"/>.</remarks>
    public static BOOLEAN ExAcquireResourceSharedLite(ERESOURCE* Resource, BOOLEAN Wait) =>
        Acquire(nameof(ExAcquireResourceSharedLite), Resource, Wait, ResourceAccess.Shared);

    /// <summary>Shares a lock before those who wait for it alone. (NT: ExAcquireSharedStarveExclusive.)</summary>
    /// <param name="Resource">The lock.</param>
    /// <param name="Wait">Whether to wait while another thread has it alone.</param>
    /// <returns>As <see cref="ExAcquireResourceSharedLite"/>.</returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed. Without checks the answer is FALSE.
    /// </exception>
    /// <remarks>As <see cref="ExAcquireResourceExclusiveLite"/>.</remarks>
    public static BOOLEAN ExAcquireSharedStarveExclusive(ERESOURCE* Resource, BOOLEAN Wait) =>
        Acquire(nameof(ExAcquireSharedStarveExclusive), Resource, Wait, ResourceAccess.SharedStarveExclusive);

    /// <summary>
    /// Shares a lock after those who wait for it alone, whether or not the thread shares it already. (NT:
    /// ExAcquireSharedWaitForExclusive.)
    /// </summary>
    /// <param name="Resource">The lock.</param>
    /// <param name="Wait">Whether to wait for it.</param>
    /// <returns>
    /// As <see cref="ExAcquireResourceSharedLite"/>; FALSE too when the thread shares it and another waits for it
    /// alone: the two would wait for each other.
    /// </returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed. Without checks the answer is FALSE.
    /// </exception>
    /// <remarks>As <see cref="ExAcquireResourceExclusiveLite"/>.</remarks>
    public static BOOLEAN ExAcquireSharedWaitForExclusive(ERESOURCE* Resource, BOOLEAN Wait) =>
        Acquire(nameof(ExAcquireSharedWaitForExclusive), Resource, Wait, ResourceAccess.SharedWaitForExclusive);

    /// <summary>
    /// Shares what the thread had alone, as often as it had it; threads that wait to share it have it too. (NT:
    /// ExConvertExclusiveToSharedLite.) Does not block.
    /// </summary>
    /// <param name="Resource">The lock.</param>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>. Nothing changed; without checks the call is ignored.
    /// </exception>
    /// <remarks>At DISPATCH_LEVEL or lower. Thread safe.</remarks>
    public static void ExConvertExclusiveToSharedLite(ERESOURCE* Resource) =>
        Owned(nameof(ExConvertExclusiveToSharedLite), Resource, static owned => owned.TryConvert(),
            "the calling thread must have the resource alone");

    /// <summary>Ends the calling thread's latest acquisition. (NT: ExReleaseResourceLite.) Does not block.</summary>
    /// <param name="Resource">The lock.</param>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>. Nothing changed; without checks the call is ignored.
    /// </exception>
    /// <remarks>At DISPATCH_LEVEL or lower. Thread safe.</remarks>
    public static void ExReleaseResourceLite(ERESOURCE* Resource) =>
        Owned(nameof(ExReleaseResourceLite), Resource, static owned => owned.TryRelease(),
            "the calling thread must have the resource");

    /// <summary>
    /// Whether the calling thread has a lock alone. (NT: ExIsResourceAcquiredExclusiveLite.) Does not block.
    /// </summary>
    /// <param name="Resource">The lock.</param>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>. Without checks the answer is FALSE.
    /// </exception>
    /// <remarks>At DISPATCH_LEVEL or lower. Thread safe.</remarks>
    public static BOOLEAN ExIsResourceAcquiredExclusiveLite(ERESOURCE* Resource) =>
        Ask(nameof(ExIsResourceAcquiredExclusiveLite), Resource, static owned => owned.IsMineExclusively ? 1u : 0) != 0;

    /// <summary>
    /// How often the calling thread has a lock, shared or alone. (NT: ExIsResourceAcquiredSharedLite.) Does not block.
    /// </summary>
    /// <param name="Resource">The lock.</param>
    /// <returns>0 if it has it in no way.</returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>. Without checks the answer is 0.
    /// </exception>
    /// <remarks>At DISPATCH_LEVEL or lower. Thread safe.</remarks>
    public static uint ExIsResourceAcquiredSharedLite(ERESOURCE* Resource) =>
        Ask(nameof(ExIsResourceAcquiredSharedLite), Resource, static owned => owned.TimesMine);

    /// <summary>How many threads wait for a lock alone. (NT: ExGetExclusiveWaiterCount.) Does not block.</summary>
    /// <param name="Resource">The lock.</param>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>. Without checks the answer is 0.
    /// </exception>
    /// <remarks>At DISPATCH_LEVEL or lower. Thread safe.</remarks>
    public static uint ExGetExclusiveWaiterCount(ERESOURCE* Resource) =>
        Ask(nameof(ExGetExclusiveWaiterCount), Resource, static owned => owned.WaitingExclusive);

    /// <summary>How many threads wait to share a lock. (NT: ExGetSharedWaiterCount.) Does not block.</summary>
    /// <param name="Resource">The lock.</param>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>. Without checks the answer is 0.
    /// </exception>
    /// <remarks>At DISPATCH_LEVEL or lower. Thread safe.</remarks>
    public static uint ExGetSharedWaiterCount(ERESOURCE* Resource) =>
        Ask(nameof(ExGetSharedWaiterCount), Resource, static owned => owned.WaitingShared);

    /// <summary>
    /// Ends a lock; to be called before its memory is freed. (NT: ExDeleteResourceLite.) Does not block.
    /// </summary>
    /// <param name="Resource">The lock, which no thread has or waits for.</param>
    /// <returns>
    /// STATUS_SUCCESS; STATUS_RESOURCE_IN_USE when a thread has it or waits for it; STATUS_INVALID_PARAMETER when it is
    /// none. Nothing changed in both cases.
    /// </returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed.
    /// </exception>
    /// <remarks>At DISPATCH_LEVEL or lower.</remarks>
    public static NTSTATUS ExDeleteResourceLite(ERESOURCE* Resource) => Delete(nameof(ExDeleteResourceLite), Resource);

    /// <summary>
    /// Says that the thread is about to take locks: from here to <see cref="KeLeaveCriticalRegion"/> the kernel would
    /// not suspend it. Counts. (NT: KeEnterCriticalRegion.) Does not block.
    /// </summary>
    public static void KeEnterCriticalRegion() => CriticalRegion.Enter();

    /// <summary>Ends the latest <see cref="KeEnterCriticalRegion"/> of the thread. Does not block.</summary>
    /// <exception cref="NtPreconditionException">
    /// The thread is in none and <see cref="NtChecks.IsEnabled"/>. Nothing changed; without checks the call is ignored.
    /// </exception>
    public static void KeLeaveCriticalRegion() => LeaveCriticalRegion(nameof(KeLeaveCriticalRegion));

    private static NTSTATUS Delete(string routine, ERESOURCE* resource) => NtCall.Returning(
        () => FindResource(routine, resource, Irql.DispatchLevel).TryDelete(resource)
            ? NTSTATUS.STATUS_SUCCESS : throw InUse(routine),
        static status => status);

    internal static void LeaveCriticalRegion(string routine) => NtCall.Returning(
        () => CriticalRegion.TryLeave()
            ? true
            : throw NtCall.Broken(routine, NTSTATUS.STATUS_INVALID_PARAMETER, "the thread has entered none before"),
        static _ => false);

    internal static bool Acquire(string routine, ERESOURCE* resource, bool waits, ResourceAccess access)
    {
        try
        {
            var wanted = FindResource(routine, resource, Irql.ApcLevel);
            if (NtChecks.IsEnabled && !CriticalRegion.IsInside && Irql.Current < Irql.ApcLevel)
            {
                throw NtCall.Broken(routine, NTSTATUS.STATUS_INVALID_PARAMETER,
                    "the thread must have entered FsRtlEnterFileSystem or KeEnterCriticalRegion before");
            }

            if (!wanted.Acquire(access, waits)) return false;
            if (wanted.TakeAbandoned()) TellAbandoned(routine, wanted);
            return true;
        }
        catch (InvalidOperationException error) when (error is not NtPreconditionException && !NtChecks.IsEnabled)
        {
            LastError.Keep(NTSTATUS.STATUS_POSSIBLE_DEADLOCK, $"{routine}: {error.Message}");
            return false;
        }
        catch (InvalidOperationException error) when (error is not NtPreconditionException)
        {
            throw NtCall.Broken(routine, NTSTATUS.STATUS_POSSIBLE_DEADLOCK, error.Message);
        }
        catch (NtStatusException error) when (LastError.Keep(error))
        {
            return false;
        }
    }

    /// <summary>The calling thread has a lock that another thread had when it ended.</summary>
    private static void TellAbandoned(string routine, ResourceLock taken)
    {
        // With checks the call throws: release the lock first.
        if (NtChecks.IsEnabled) _ = taken.TryRelease();
        NtCall.TellAbandoned(routine,
            "a thread that had the resource has ended without releasing it: what it protects may be half done");
    }

    // Both are called for each lock that is taken, and so allocate nothing.
    private static void Owned(string routine, ERESOURCE* resource, Func<ResourceLock, bool> tries, string rule)
    {
        try
        {
            if (tries(FindResource(routine, resource, Irql.DispatchLevel))) return;
            throw NtCall.Broken(routine, NTSTATUS.STATUS_RESOURCE_NOT_OWNED, rule);
        }
        catch (Exception error) when (NtCall.IsForC(error))
        {
            return;
        }
    }

    private static uint Ask(string routine, ERESOURCE* resource, Func<ResourceLock, uint> answer)
    {
        try
        {
            return answer(FindResource(routine, resource, Irql.DispatchLevel));
        }
        catch (Exception error) when (NtCall.IsForC(error))
        {
            return 0;
        }
    }

    private static ResourceLock FindResource(string routine, ERESOURCE* resource, Irql highest)
    {
        NtCall.RequireLevel(routine, highest);
        NtCall.RequirePointer(routine, resource, "Resource");
        if (ResourceLock.Of(resource) is not { } found)
        {
            throw NtCall.Broken(routine, NTSTATUS.STATUS_INVALID_PARAMETER,
                "Resource must be one that ExInitializeResourceLite made and ExDeleteResourceLite has not ended");
        }

        // Without checks the routines never read the memory, which the caller may overwrite.
        if (NtChecks.IsEnabled && !ResourceLock.IsIntact(resource))
        {
            throw NtCall.Broken(routine, NTSTATUS.STATUS_INVALID_PARAMETER,
                "Resource was freed or overwritten before ExDeleteResourceLite");
        }

        return found;
    }

    private static Exception InUse(string routine) => NtCall.Broken(
        routine, NTSTATUS.STATUS_RESOURCE_IN_USE, "a thread has the resource, or waits for it");
}
