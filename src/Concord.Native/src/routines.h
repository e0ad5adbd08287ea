/*
 * Every routine once: its result, name, parameters and arguments, and what it returns when the gate is shut.
 * VOID_ROUTINE has no result; STATUS_BLOCK_ROUTINE has none but an IO_STATUS_BLOCK called IoStatus, nor has MDL_ROUTINE,
 * which gives an MdlChain too. Included by concord.c and native.c several times, with other meanings of the three words; and
 * of those that follow where it matters that a routine is a lock's or gives MDLs, or that the program has more memory to
 * look at afterwards, or less. TELLING and TELLING_OF_MDLS put the refusal into IoStatus, and have a result.
 */

#ifndef LOCK_ROUTINE
#define LOCK_ROUTINE(Name, Parameters, Arguments) ROUTINE(BOOLEAN, Name, Parameters, Arguments, FALSE)
#define UNLOCK_ROUTINE(Name, Parameters, Arguments) VOID_ROUTINE(Name, Parameters, Arguments)
#define GIVING_ROUTINE(Name, Parameters, Arguments) ROUTINE(NTSTATUS, Name, Parameters, Arguments, REFUSAL)
#define TAKING_ROUTINE(Name, Parameters, Arguments) ROUTINE(NTSTATUS, Name, Parameters, Arguments, REFUSAL)
#endif

#ifndef MDL_ROUTINE
#define MDL_ROUTINE(Name, Parameters, Arguments) STATUS_BLOCK_ROUTINE(Name, Parameters, Arguments)
#endif

ROUTINE(NTSTATUS, ConcordSetCapacity, (ULONGLONG Bytes), (Bytes), REFUSAL)
GIVING_ROUTINE(ConcordOpenFile, (const char *Path, ULONG Flags, PFILE_OBJECT *FileObject), (Path, Flags, FileObject))
TAKING_ROUTINE(ConcordCloseFile, (PFILE_OBJECT FileObject), (FileObject))
ROUTINE(NTSTATUS, ConcordAcquireExclusive, (PFILE_OBJECT FileObject), (FileObject), REFUSAL)
ROUTINE(NTSTATUS, ConcordAcquireShared, (PFILE_OBJECT FileObject), (FileObject), REFUSAL)
ROUTINE(NTSTATUS, ConcordRelease, (PFILE_OBJECT FileObject), (FileObject), REFUSAL)

ROUTINE(BOOLEAN, ConcordSetChecks, (BOOLEAN Enabled), (Enabled), FALSE)
ROUTINE(NTSTATUS, ConcordFailFlushToLsn, (NTSTATUS Status), (Status), REFUSAL)

ROUTINE(KIRQL, KeGetCurrentIrql, (void), (), PASSIVE_LEVEL)
VOID_ROUTINE(KeRaiseIrql, (KIRQL NewIrql, PKIRQL OldIrql), (NewIrql, OldIrql))
VOID_ROUTINE(KeLowerIrql, (KIRQL NewIrql), (NewIrql))
VOID_ROUTINE(KeInvalidateRangeAllCaches, (PVOID BaseAddress, ULONG Length), (BaseAddress, Length))
ROUTINE(BOOLEAN, KeInvalidateAllCaches, (void), (), FALSE)
VOID_ROUTINE(KeInitializeEvent, (PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State), (Event, Type, State))
ROUTINE(LONG, KeSetEvent, (PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait), (Event, Increment, Wait), 0)
ROUTINE(LONG, KeReadStateEvent, (PRKEVENT Event), (Event), 0)
ROUTINE(
    NTSTATUS,
    KeWaitForSingleObject,
    (PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout),
    (Object, WaitReason, WaitMode, Alertable, Timeout),
    REFUSAL)
VOID_ROUTINE(KeFlushIoBuffers, (PMDL Mdl, BOOLEAN ReadOperation, BOOLEAN DmaOperation), (Mdl, ReadOperation, DmaOperation))

STATUS_BLOCK_ROUTINE(
    CcCoherencyFlushAndPurgeCache,
    (PSECTION_OBJECT_POINTERS SectionObjectPointer, PLARGE_INTEGER FileOffset, ULONG Length, PIO_STATUS_BLOCK IoStatus, ULONG Flags),
    (SectionObjectPointer, FileOffset, Length, IoStatus, Flags))
STATUS_BLOCK_ROUTINE(
    CcFlushCache,
    (PSECTION_OBJECT_POINTERS SectionObjectPointer, PLARGE_INTEGER FileOffset, ULONG Length, PIO_STATUS_BLOCK IoStatus),
    (SectionObjectPointer, FileOffset, Length, IoStatus))
ROUTINE(
    BOOLEAN,
    CcPurgeCacheSection,
    (PSECTION_OBJECT_POINTERS SectionObjectPointer, PLARGE_INTEGER FileOffset, ULONG Length, ULONG Flags),
    (SectionObjectPointer, FileOffset, Length, Flags),
    FALSE)
VOID_ROUTINE(
    CcInitializeCacheMap,
    (PFILE_OBJECT FileObject, PCC_FILE_SIZES FileSizes, BOOLEAN PinAccess, PCACHE_MANAGER_CALLBACKS Callbacks, PVOID LazyWriteContext),
    (FileObject, FileSizes, PinAccess, Callbacks, LazyWriteContext))
ROUTINE(
    BOOLEAN,
    CcUninitializeCacheMap,
    (PFILE_OBJECT FileObject, PLARGE_INTEGER TruncateSize, PCACHE_UNINITIALIZE_EVENT UninitializeEvent),
    (FileObject, TruncateSize, UninitializeEvent),
    FALSE)
VOID_ROUTINE(CcSetFileSizes, (PFILE_OBJECT FileObject, PCC_FILE_SIZES FileSizes), (FileObject, FileSizes))
ROUTINE(
    NTSTATUS,
    CcSetFileSizesEx,
    (PFILE_OBJECT FileObject, PCC_FILE_SIZES FileSizes),
    (FileObject, FileSizes),
    REFUSAL)
ROUTINE(
    BOOLEAN,
    CcCopyRead,
    (PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, PVOID Buffer, PIO_STATUS_BLOCK IoStatus),
    (FileObject, FileOffset, Length, Wait, Buffer, IoStatus),
    TELLING(FALSE))
ROUTINE(
    BOOLEAN,
    CcCopyReadEx,
    (PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, PVOID Buffer, PIO_STATUS_BLOCK IoStatus, PETHREAD IoIssuerThread),
    (FileObject, FileOffset, Length, Wait, Buffer, IoStatus, IoIssuerThread),
    TELLING(FALSE))
ROUTINE(
    BOOLEAN,
    CcCopyWrite,
    (PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, PVOID Buffer),
    (FileObject, FileOffset, Length, Wait, Buffer),
    FALSE)
ROUTINE(
    BOOLEAN,
    CcCopyWriteEx,
    (PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, PVOID Buffer, PETHREAD IoIssuerThread),
    (FileObject, FileOffset, Length, Wait, Buffer, IoIssuerThread),
    FALSE)
ROUTINE(
    BOOLEAN,
    CcZeroData,
    (PFILE_OBJECT FileObject, PLARGE_INTEGER StartOffset, PLARGE_INTEGER EndOffset, BOOLEAN Wait),
    (FileObject, StartOffset, EndOffset, Wait),
    FALSE)
MDL_ROUTINE(
    CcMdlRead,
    (PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus),
    (FileObject, FileOffset, Length, MdlChain, IoStatus))
VOID_ROUTINE(CcMdlReadComplete, (PFILE_OBJECT FileObject, PMDL MdlChain), (FileObject, MdlChain))
MDL_ROUTINE(
    CcPrepareMdlWrite,
    (PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus),
    (FileObject, FileOffset, Length, MdlChain, IoStatus))
VOID_ROUTINE(
    CcMdlWriteComplete,
    (PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, PMDL MdlChain),
    (FileObject, FileOffset, MdlChain))
VOID_ROUTINE(CcMdlWriteAbort, (PFILE_OBJECT FileObject, PMDL MdlChain), (FileObject, MdlChain))
ROUTINE(
    BOOLEAN,
    CcMapData,
    (PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG Flags, PVOID *Bcb, PVOID *Buffer),
    (FileObject, FileOffset, Length, Flags, Bcb, Buffer),
    FALSE)
ROUTINE(
    BOOLEAN,
    CcPinRead,
    (PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG Flags, PVOID *Bcb, PVOID *Buffer),
    (FileObject, FileOffset, Length, Flags, Bcb, Buffer),
    FALSE)
ROUTINE(
    BOOLEAN,
    CcPinMappedData,
    (PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG Flags, PVOID *Bcb),
    (FileObject, FileOffset, Length, Flags, Bcb),
    FALSE)
ROUTINE(
    BOOLEAN,
    CcPreparePinWrite,
    (PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Zero, ULONG Flags, PVOID *Bcb, PVOID *Buffer),
    (FileObject, FileOffset, Length, Zero, Flags, Bcb, Buffer),
    FALSE)
VOID_ROUTINE(CcSetDirtyPinnedData, (PVOID BcbVoid, PLARGE_INTEGER Lsn), (BcbVoid, Lsn))
VOID_ROUTINE(CcUnpinData, (PVOID Bcb), (Bcb))
VOID_ROUTINE(
    CcSetLogHandleForFile,
    (PFILE_OBJECT FileObject, PVOID LogHandle, PFLUSH_TO_LSN FlushToLsnRoutine),
    (FileObject, LogHandle, FlushToLsnRoutine))
ROUTINE(
    PFILE_OBJECT,
    CcGetFileObjectFromSectionPtrs,
    (PSECTION_OBJECT_POINTERS SectionObjectPointer),
    (SectionObjectPointer),
    NULL)
ROUTINE(
    LARGE_INTEGER,
    CcGetFlushedValidData,
    (PSECTION_OBJECT_POINTERS SectionObjectPointer, BOOLEAN BcbListHeld),
    (SectionObjectPointer, BcbListHeld),
    no_offset)
ROUTINE(BOOLEAN, CcIsThereDirtyData, (PVPB Vpb), (Vpb), FALSE)
ROUTINE(BOOLEAN, CcIsThereDirtyDataEx, (PVPB Vpb, PULONG NumberOfDirtyPages), (Vpb, NumberOfDirtyPages), FALSE)
ROUTINE(
    BOOLEAN,
    MmCanFileBeTruncated,
    (PSECTION_OBJECT_POINTERS SectionPointer, PLARGE_INTEGER NewFileSize),
    (SectionPointer, NewFileSize),
    FALSE)
ROUTINE(ULONG, MmDoesFileHaveUserWritableReferences, (PSECTION_OBJECT_POINTERS SectionPointer), (SectionPointer), 0)
ROUTINE(
    BOOLEAN,
    MmFlushImageSection,
    (PSECTION_OBJECT_POINTERS SectionObjectPointer, MMFLUSH_TYPE FlushType),
    (SectionObjectPointer, FlushType),
    FALSE)
ROUTINE(
    BOOLEAN,
    MmForceSectionClosed,
    (PSECTION_OBJECT_POINTERS SectionObjectPointer, BOOLEAN DelayClose),
    (SectionObjectPointer, DelayClose),
    FALSE)

GIVING_ROUTINE(ConcordAttach, (PFILE_OBJECT FileObject, const CONCORD_STORE *Store, PVOID Context), (FileObject, Store, Context))
TAKING_ROUTINE(ConcordDetach, (PFILE_OBJECT FileObject), (FileObject))
ROUTINE(NTSTATUS, ConcordCompleteRequest, (PVOID Request, NTSTATUS Status, ULONG_PTR Information), (Request, Status, Information), REFUSAL)

ROUTINE(NTSTATUS, ExInitializeResourceLite, (PERESOURCE Resource), (Resource), REFUSAL)
ROUTINE(NTSTATUS, ExDeleteResourceLite, (PERESOURCE Resource), (Resource), REFUSAL)
LOCK_ROUTINE(ExAcquireResourceExclusiveLite, (PERESOURCE Resource, BOOLEAN Wait), (Resource, Wait))
LOCK_ROUTINE(ExAcquireResourceSharedLite, (PERESOURCE Resource, BOOLEAN Wait), (Resource, Wait))
LOCK_ROUTINE(ExAcquireSharedStarveExclusive, (PERESOURCE Resource, BOOLEAN Wait), (Resource, Wait))
LOCK_ROUTINE(ExAcquireSharedWaitForExclusive, (PERESOURCE Resource, BOOLEAN Wait), (Resource, Wait))
UNLOCK_ROUTINE(ExConvertExclusiveToSharedLite, (PERESOURCE Resource), (Resource))
UNLOCK_ROUTINE(ExReleaseResourceLite, (PERESOURCE Resource), (Resource))
ROUTINE(BOOLEAN, ExIsResourceAcquiredExclusiveLite, (PERESOURCE Resource), (Resource), FALSE)
ROUTINE(ULONG, ExIsResourceAcquiredSharedLite, (PERESOURCE Resource), (Resource), 0)
ROUTINE(ULONG, ExGetExclusiveWaiterCount, (PERESOURCE Resource), (Resource), 0)
ROUTINE(ULONG, ExGetSharedWaiterCount, (PERESOURCE Resource), (Resource), 0)
VOID_ROUTINE(KeEnterCriticalRegion, (void), ())
VOID_ROUTINE(KeLeaveCriticalRegion, (void), ())
VOID_ROUTINE(KeClearEvent, (PRKEVENT Event), (Event))
ROUTINE(LONG, KeResetEvent, (PRKEVENT Event), (Event), 0)
ROUTINE(
    PMDL,
    IoAllocateMdl,
    (PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, PIRP Irp),
    (VirtualAddress, Length, SecondaryBuffer, ChargeQuota, Irp),
    NULL)
VOID_ROUTINE(IoFreeMdl, (PMDL Mdl), (Mdl))
VOID_ROUTINE(MmBuildMdlForNonPagedPool, (PMDL Mdl), (Mdl))
VOID_ROUTINE(
    MmProbeAndLockPages,
    (PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation),
    (MemoryDescriptorList, AccessMode, Operation))
VOID_ROUTINE(MmUnlockPages, (PMDL MemoryDescriptorList), (MemoryDescriptorList))

ROUTINE(PLARGE_INTEGER, CcGetFileSizePointer, (PFILE_OBJECT FileObject), (FileObject), NULL)
ROUTINE(PFILE_OBJECT, CcGetFileObjectFromBcb, (PVOID Bcb), (Bcb), NULL)
ROUTINE(PVOID, CcRemapBcb, (PVOID Bcb), (Bcb), NULL)
VOID_ROUTINE(CcRepinBcb, (PVOID Bcb), (Bcb))
STATUS_BLOCK_ROUTINE(CcUnpinRepinnedBcb, (PVOID Bcb, BOOLEAN WriteThrough, PIO_STATUS_BLOCK IoStatus), (Bcb, WriteThrough, IoStatus))
VOID_ROUTINE(CcSetBcbOwnerPointer, (PVOID Bcb, PVOID OwnerPointer), (Bcb, OwnerPointer))
VOID_ROUTINE(CcUnpinDataForThread, (PVOID Bcb, ERESOURCE_THREAD ResourceThreadId), (Bcb, ResourceThreadId))
ROUTINE(
    LARGE_INTEGER,
    CcGetDirtyPages,
    (PVOID LogHandle, PDIRTY_PAGE_ROUTINE DirtyPageRoutine, PVOID Context1, PVOID Context2),
    (LogHandle, DirtyPageRoutine, Context1, Context2),
    no_offset)
ROUTINE(
    BOOLEAN,
    FsRtlCopyRead,
    (PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, ULONG LockKey, PVOID Buffer, PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT DeviceObject),
    (FileObject, FileOffset, Length, Wait, LockKey, Buffer, IoStatus, DeviceObject),
    TELLING(FALSE))
ROUTINE(
    BOOLEAN,
    FsRtlCopyWrite,
    (PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, ULONG LockKey, PVOID Buffer, PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT DeviceObject),
    (FileObject, FileOffset, Length, Wait, LockKey, Buffer, IoStatus, DeviceObject),
    TELLING(FALSE))
ROUTINE(
    BOOLEAN,
    FsRtlMdlRead,
    (PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG LockKey, PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus),
    (FileObject, FileOffset, Length, LockKey, MdlChain, IoStatus),
    TELLING_OF_MDLS(FALSE))
ROUTINE(BOOLEAN, FsRtlMdlReadComplete, (PFILE_OBJECT FileObject, PMDL MdlChain), (FileObject, MdlChain), FALSE)
ROUTINE(
    BOOLEAN,
    FsRtlPrepareMdlWrite,
    (PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG LockKey, PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus),
    (FileObject, FileOffset, Length, LockKey, MdlChain, IoStatus),
    TELLING_OF_MDLS(FALSE))
ROUTINE(BOOLEAN, FsRtlMdlWriteComplete, (PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, PMDL MdlChain), (FileObject, FileOffset, MdlChain), FALSE)
GIVING_ROUTINE(ConcordAttachFile, (PFILE_OBJECT FileObject, const char *Path, ULONG Flags), (FileObject, Path, Flags))
GIVING_ROUTINE(
    ConcordMapView,
    (PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, SIZE_T Length, ULONG Flags, PVOID *BaseAddress),
    (FileObject, FileOffset, Length, Flags, BaseAddress))
TAKING_ROUTINE(ConcordUnmapView, (PVOID BaseAddress), (BaseAddress))
ROUTINE(ERESOURCE_THREAD, ExGetCurrentResourceThread, (void), (), 0)
UNLOCK_ROUTINE(
    ExReleaseResourceForThreadLite,
    (PERESOURCE Resource, ERESOURCE_THREAD ResourceThreadId),
    (Resource, ResourceThreadId))
LOCK_ROUTINE(ExTryToAcquireResourceExclusiveLite, (PERESOURCE Resource), (Resource))
ROUTINE(NTSTATUS, ExReinitializeResourceLite, (PERESOURCE Resource), (Resource), REFUSAL)
ROUTINE(
    BOOLEAN,
    FsRtlMdlReadDev,
    (PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG LockKey, PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT DeviceObject),
    (FileObject, FileOffset, Length, LockKey, MdlChain, IoStatus, DeviceObject),
    TELLING_OF_MDLS(FALSE))
ROUTINE(
    BOOLEAN,
    FsRtlMdlReadCompleteDev,
    (PFILE_OBJECT FileObject, PMDL MdlChain, PDEVICE_OBJECT DeviceObject),
    (FileObject, MdlChain, DeviceObject),
    FALSE)
ROUTINE(
    BOOLEAN,
    FsRtlPrepareMdlWriteDev,
    (PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG LockKey, PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT DeviceObject),
    (FileObject, FileOffset, Length, LockKey, MdlChain, IoStatus, DeviceObject),
    TELLING_OF_MDLS(FALSE))
ROUTINE(
    BOOLEAN,
    FsRtlMdlWriteCompleteDev,
    (PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, PMDL MdlChain, PDEVICE_OBJECT DeviceObject),
    (FileObject, FileOffset, MdlChain, DeviceObject),
    FALSE)
ROUTINE(
    NTSTATUS,
    FsRtlMdlReadEx,
    (PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG LockKey, PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus),
    (FileObject, FileOffset, Length, LockKey, MdlChain, IoStatus),
    TELLING_OF_MDLS(REFUSAL))
ROUTINE(
    NTSTATUS,
    FsRtlPrepareMdlWriteEx,
    (PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG LockKey, PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus),
    (FileObject, FileOffset, Length, LockKey, MdlChain, IoStatus),
    TELLING_OF_MDLS(REFUSAL))
