namespace Concord.Nt;

// Executive resources, by the number of the thread that has them.
public static unsafe partial class Ntddk
{
    /// <summary>
    /// The calling thread's number as an owner of locks. (NT: ExGetCurrentResourceThread.) Does not block.
    /// </summary>
    /// <returns>A number that no other thread of the process has or gets; its lowest two bits are 0.</returns>
    public static nuint ExGetCurrentResourceThread() => ThreadMark.Current.Number;

    /// <summary>
    /// Ends a thread's latest acquisition for it, from any thread. (NT: ExReleaseResourceForThreadLite.) Does not
    /// block.
    /// </summary>
    /// <param name="Resource">The lock.</param>
    /// <param name="ResourceThreadId">The thread's <see cref="ExGetCurrentResourceThread"/>.</param>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>. Nothing changed; without checks the call is ignored.
    /// </exception>
    /// <remarks>At DISPATCH_LEVEL or lower. Thread safe. Before the thread ends: its acquisitions are abandoned
    /// then, and another thread may have taken the lock.</remarks>
    public static void ExReleaseResourceForThreadLite(ERESOURCE* Resource, nuint ResourceThreadId) =>
        Owned(nameof(ExReleaseResourceForThreadLite), Resource, owned => owned.TryReleaseFor(ResourceThreadId),
            "the thread must have the resource");

    /// <summary>
    /// Takes a lock for the calling thread alone if it need not wait. (NT: ExTryToAcquireResourceExclusiveLite.)
    /// </summary>
    /// <param name="Resource">The lock.</param>
    /// <returns>As <see cref="ExAcquireResourceExclusiveLite"/> without Wait.</returns>
    /// <exception cref="NtPreconditionException">As <see cref="ExAcquireResourceExclusiveLite"/>.</exception>
    /// <remarks>As <see cref="ExAcquireResourceExclusiveLite"/>; does not block.</remarks>
    public static BOOLEAN ExTryToAcquireResourceExclusiveLite(ERESOURCE* Resource) =>
        Acquire(nameof(ExTryToAcquireResourceExclusiveLite), Resource, waits: false, ResourceAccess.Exclusive);

    /// <summary>
    /// Makes a lock anew that no thread has, for another use of its memory. (NT: ExReinitializeResourceLite.) Does not
    /// block.
    /// </summary>
    /// <param name="Resource">The lock.</param>
    /// <returns>As <see cref="ExDeleteResourceLite"/>.</returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed.
    /// </exception>
    /// <remarks>At DISPATCH_LEVEL or lower. Allocates.</remarks>
    public static NTSTATUS ExReinitializeResourceLite(ERESOURCE* Resource)
    {
        var status = Delete(nameof(ExReinitializeResourceLite), Resource);
        return Ntifs.NT_SUCCESS(status) ? ExInitializeResourceLite(Resource) : status;
    }
}
