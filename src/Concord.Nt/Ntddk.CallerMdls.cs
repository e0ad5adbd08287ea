
namespace Concord.Nt;

// MDLs for memory of the caller's own.
public static unsafe partial class Ntddk
{
    /// <summary>
    /// Makes an MDL for a piece of memory; it describes the bytes, and locks nothing. (NT: IoAllocateMdl.)
    /// </summary>
    /// <param name="VirtualAddress">The first byte.</param>
    /// <param name="Length">Bytes, at most 2^31 - 1.</param>
    /// <param name="SecondaryBuffer">Whether it goes behind the one that a request has: must be FALSE.</param>
    /// <param name="ChargeQuota">Ignored.</param>
    /// <param name="Irp">The request that it is for: must be null, there are none here.</param>
    /// <returns>The MDL, for <see cref="IoFreeMdl"/>; null when a rule is broken or there is no memory.</returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing was made.
    /// </exception>
    /// <remarks>At DISPATCH_LEVEL or lower. Does not block. Thread safe.</remarks>
    public static MDL* IoAllocateMdl(
        void* VirtualAddress, uint Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, void* Irp)
    {
        const string Routine = nameof(IoAllocateMdl);
        return (MDL*)NtCall.Returning(
            () =>
            {
                NtCall.RequireLevel(Routine, Irql.DispatchLevel);
                if (Irp is not null || SecondaryBuffer)
                    throw WrongMdl(Routine, "there are no requests here: Irp must be null and SecondaryBuffer FALSE");
                if (Length > int.MaxValue) throw WrongMdl(Routine, $"Length must be at most {int.MaxValue}");
                return (nint)CallerMdls.Make(VirtualAddress, Length);
            },
            static _ => (nint)0);
    }

    /// <summary>Frees an MDL of <see cref="IoAllocateMdl"/>. (NT: IoFreeMdl.) Does not block.</summary>
    /// <param name="Mdl">The MDL, whose pages are not locked.</param>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>. Nothing was freed; without checks the call is ignored.
    /// </exception>
    /// <remarks>At DISPATCH_LEVEL or lower. Thread safe. Frees this one of a chain.</remarks>
    public static void IoFreeMdl(MDL* Mdl)
    {
        const string Routine = nameof(IoFreeMdl);
        _ = NtCall.Returning(
            () =>
            {
                RequireMdl(Routine, Mdl, Irql.DispatchLevel);
                if ((Mdl->MdlFlags & MDL.MDL_PAGES_LOCKED) != 0)
                    throw WrongMdl(Routine, "the pages are locked: MmUnlockPages comes first");
                return CallerMdls.TryFree(Mdl) ? true : throw NoSuchMdl(Routine);
            },
            static _ => false);
    }

    /// <summary>
    /// Says of an MDL that its memory never leaves, so that it can be used without being locked. (NT:
    /// MmBuildMdlForNonPagedPool.) Does not block.
    /// </summary>
    /// <param name="Mdl">An MDL of <see cref="IoAllocateMdl"/>.</param>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>. Nothing changed; without checks the call is ignored.
    /// </exception>
    /// <remarks>At DISPATCH_LEVEL or lower.</remarks>
    public static void MmBuildMdlForNonPagedPool(MDL* Mdl)
    {
        const string Routine = nameof(MmBuildMdlForNonPagedPool);
        _ = NtCall.Returning(
            () =>
            {
                RequireMdl(Routine, Mdl, Irql.DispatchLevel);
                Mdl->MdlFlags |= MDL.MDL_SOURCE_IS_NONPAGED_POOL;
                Mdl->MappedSystemVa = CallerMdls.AddressOf(Mdl);
                return true;
            },
            static _ => false);
    }

    /// <summary>
    /// Finds out that the memory of an MDL can be touched, and says that it stays. A program cannot keep the system
    /// from taking pages out and bringing them back, which no program sees; the caller keeps the memory until
    /// <see cref="MmUnlockPages"/>. (NT: MmProbeAndLockPages.)
    /// </summary>
    /// <param name="MemoryDescriptorList">An MDL of <see cref="IoAllocateMdl"/>, not locked.</param>
    /// <param name="AccessMode">Ignored: all memory is a user's.</param>
    /// <param name="Operation">
    /// What is going to be done. That the memory can be read is found out for all of them; whether it can be written is
    /// not.
    /// </param>
    /// <exception cref="NtStatusException">STATUS_ACCESS_VIOLATION: a part cannot be read; STATUS_INVALID_PARAMETER: it
    /// is no such MDL, is locked already, or the operation is not defined. Nothing is locked.</exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing is locked.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">This system cannot say what can be read; nothing is
    /// locked.</exception>
    /// <remarks>At APC_LEVEL or lower. Makes system calls; does not block.</remarks>
    public static void MmProbeAndLockPages(MDL* MemoryDescriptorList, sbyte AccessMode, LOCK_OPERATION Operation)
    {
        const string Routine = nameof(MmProbeAndLockPages);
        RequireMdl(Routine, MemoryDescriptorList, Irql.ApcLevel);
        if (!Enum.IsDefined(Operation)) throw WrongMdl(Routine, "Operation must be one of IoReadAccess and the like");
        if ((MemoryDescriptorList->MdlFlags & MDL.MDL_PAGES_LOCKED) != 0)
            throw WrongMdl(Routine, "the pages are locked already");
        void* address = CallerMdls.AddressOf(MemoryDescriptorList);
        try
        {
            ProcessorCache.Supported.Check((nint)address, MemoryDescriptorList->ByteCount);
        }
        catch (ArgumentException error)
        {
            throw new NtStatusException(Routine, NTSTATUS.STATUS_ACCESS_VIOLATION, error);
        }

        MemoryDescriptorList->MdlFlags |= MDL.MDL_PAGES_LOCKED | MDL.MDL_MAPPED_TO_SYSTEM_VA;
        MemoryDescriptorList->MappedSystemVa = address;
    }

    /// <summary>Ends what <see cref="MmProbeAndLockPages"/> began. (NT: MmUnlockPages.) Does not block.</summary>
    /// <param name="MemoryDescriptorList">The MDL.</param>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>. Nothing changed; without checks the call is ignored.
    /// </exception>
    /// <remarks>At DISPATCH_LEVEL or lower.</remarks>
    public static void MmUnlockPages(MDL* MemoryDescriptorList)
    {
        const string Routine = nameof(MmUnlockPages);
        _ = NtCall.Returning(
            () =>
            {
                RequireMdl(Routine, MemoryDescriptorList, Irql.DispatchLevel);
                if ((MemoryDescriptorList->MdlFlags & MDL.MDL_PAGES_LOCKED) == 0)
                    throw WrongMdl(Routine, "the pages are not locked");
                MemoryDescriptorList->MdlFlags &= ~(MDL.MDL_PAGES_LOCKED | MDL.MDL_MAPPED_TO_SYSTEM_VA);
                MemoryDescriptorList->MappedSystemVa = null;
                return true;
            },
            static _ => false);
    }

    private static void RequireMdl(string routine, MDL* mdl, Irql highest)
    {
        NtCall.RequireLevel(routine, highest);
        NtCall.RequirePointer(routine, mdl, "Mdl");
        if (!CallerMdls.AreKnown(mdl)) throw NoSuchMdl(routine);
    }

    private static Exception NoSuchMdl(string routine) =>
        WrongMdl(routine, "Mdl must be one that IoAllocateMdl made and IoFreeMdl has not freed");

    private static Exception WrongMdl(string routine, string rule) =>
        NtCall.Broken(routine, NTSTATUS.STATUS_INVALID_PARAMETER, rule);
}
