/*
 * Every routine once: its result, name, parameters and arguments, and what it returns when Concord cannot be started.
 * VOID_ROUTINE has no result; STATUS_BLOCK_ROUTINE has none but an IO_STATUS_BLOCK called IoStatus. Included by
 * concord.c three times, with other meanings of the three words.
 */

ROUTINE(NTSTATUS, ConcordSetCapacity, (ULONGLONG Bytes), (Bytes), STATUS_DLL_INIT_FAILED)
ROUTINE(NTSTATUS, ConcordOpenFile, (const char *Path, ULONG Flags, PFILE_OBJECT *FileObject), (Path, Flags, FileObject), STATUS_DLL_INIT_FAILED)
ROUTINE(NTSTATUS, ConcordCloseFile, (PFILE_OBJECT FileObject), (FileObject), STATUS_DLL_INIT_FAILED)
ROUTINE(NTSTATUS, ConcordAcquireExclusive, (PFILE_OBJECT FileObject), (FileObject), STATUS_DLL_INIT_FAILED)
ROUTINE(NTSTATUS, ConcordAcquireShared, (PFILE_OBJECT FileObject), (FileObject), STATUS_DLL_INIT_FAILED)
ROUTINE(NTSTATUS, ConcordRelease, (PFILE_OBJECT FileObject), (FileObject), STATUS_DLL_INIT_FAILED)

ROUTINE(KIRQL, KeGetCurrentIrql, (void), (), PASSIVE_LEVEL)
VOID_ROUTINE(KeRaiseIrql, (KIRQL NewIrql, PKIRQL OldIrql), (NewIrql, OldIrql))
VOID_ROUTINE(KeLowerIrql, (KIRQL NewIrql), (NewIrql))
VOID_ROUTINE(KeInvalidateRangeAllCaches, (PVOID BaseAddress, ULONG Length), (BaseAddress, Length))
ROUTINE(BOOLEAN, KeInvalidateAllCaches, (void), (), FALSE)

STATUS_BLOCK_ROUTINE(
    CcCoherencyFlushAndPurgeCache,
    (PSECTION_OBJECT_POINTERS SectionObjectPointer, PLARGE_INTEGER FileOffset, ULONG Length, PIO_STATUS_BLOCK IoStatus, ULONG Flags),
    (SectionObjectPointer, FileOffset, Length, IoStatus, Flags))
