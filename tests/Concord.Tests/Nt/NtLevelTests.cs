using System.Reflection;
using Concord.Nt;
using Concord.Tests.Caching;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>Every routine of ntifs.h asks for the calling thread's level, and does nothing above its own.</summary>
public sealed unsafe class NtLevelTests
{
    private static readonly string[] AtAnyLevel =
    [
        nameof(NT_SUCCESS), nameof(CcIsFileCached), nameof(CcCopyWriteWontFlush), nameof(FsRtlEnterFileSystem),
        nameof(FsRtlExitFileSystem),
    ];

    [Fact]
    public void Above_its_level_a_routine_is_refused_and_nothing_happens()
    {
        using var test = new CachingFixture(pages: 4);
        test.Write(0, Pages.Of(7));
        test.Store.ForgetCalls();
        var routines = Routines(test.Object, test.Pointers);
        Assert.Equal(
            typeof(Ntifs).GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
                .Select(routine => routine.Name).Except(AtAnyLevel).Order(StringComparer.Ordinal),
            routines.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, (highest, call)) in routines)
        {
            NtRules.Checked(() =>
            {
                using var raised = Irql.Raise(new Irql((byte)(highest.Level + 1)));
                var error = Assert.Throws<NtPreconditionException>(call);
                Assert.Equal(STATUS_CANT_WAIT, error.Status);
                string plain = name.Replace("Ex", "", StringComparison.Ordinal)
                    .Replace("Dev", "", StringComparison.Ordinal);
                Assert.Contains(plain, error.Message, StringComparison.Ordinal);
            });
        }

        Assert.Equal(0, test.Store.CallCount);
        Assert.True(test.Nt.IsCached && Pages.IsDirty(test.File.State, 0));
        Assert.Equal(4 * Pages.Bytes, test.File.Length);
    }

    private static Dictionary<string, (Irql Highest, Action Call)> Routines(
        FILE_OBJECT* file, SECTION_OBJECT_POINTERS* pointers) =>
        new()
        {
            [nameof(CcCoherencyFlushAndPurgeCache)] = (Irql.PassiveLevel, () => FlushAndPurge(pointers)),
            [nameof(CcFlushCache)] = (Irql.ApcLevel, () => CcFlushCache(pointers, null, 0, null)),
            [nameof(CcPurgeCacheSection)] = (Irql.ApcLevel, () => _ = CcPurgeCacheSection(pointers, null, 0, 0)),
            [nameof(CcInitializeCacheMap)] = (Irql.ApcLevel, () => CcInitializeCacheMap(file, null, false, null, null)),
            [nameof(CcUninitializeCacheMap)] = (Irql.ApcLevel, () => _ = CcUninitializeCacheMap(file, null, null)),
            [nameof(CcSetFileSizes)] = (Irql.ApcLevel, () => CcSetFileSizes(file, null)),
            [nameof(CcSetFileSizesEx)] = (Irql.ApcLevel, () => _ = CcSetFileSizesEx(file, null)),
            [nameof(CcCopyRead)] = (Irql.ApcLevel, () => _ = CcCopyRead(file, null, 0, true, null, null)),
            [nameof(CcCopyReadEx)] = (Irql.ApcLevel, () => _ = CcCopyReadEx(file, null, 0, true, null, null, null)),
            [nameof(CcCopyWrite)] = (Irql.ApcLevel, () => _ = CcCopyWrite(file, null, 0, true, null)),
            [nameof(CcCopyWriteEx)] = (Irql.ApcLevel, () => _ = CcCopyWriteEx(file, null, 0, true, null, null)),
            [nameof(CcZeroData)] = (Irql.ApcLevel, () => _ = CcZeroData(file, null, null, true)),
            [nameof(CcMdlRead)] = (Irql.ApcLevel, () => CcMdlRead(file, null, 0, null, null)),
            [nameof(CcMdlReadComplete)] = (Irql.PassiveLevel, () => CcMdlReadComplete(file, null)),
            [nameof(CcPrepareMdlWrite)] = (Irql.ApcLevel, () => CcPrepareMdlWrite(file, null, 0, null, null)),
            [nameof(CcMdlWriteComplete)] = (Irql.PassiveLevel, () => CcMdlWriteComplete(file, null, null)),
            [nameof(CcMdlWriteAbort)] = (Irql.PassiveLevel, () => CcMdlWriteAbort(file, null)),
            [nameof(CcMapData)] = (Irql.ApcLevel, () => _ = CcMapData(file, null, 0, 0, null, null)),
            [nameof(CcPinRead)] = (Irql.ApcLevel, () => _ = CcPinRead(file, null, 0, 0, null, null)),
            [nameof(CcPinMappedData)] = (Irql.PassiveLevel, () => _ = CcPinMappedData(file, null, 0, 0, null)),
            [nameof(CcPreparePinWrite)] = (Irql.PassiveLevel,
                () => _ = CcPreparePinWrite(file, null, 0, false, 0, null, null)),
            [nameof(CcSetDirtyPinnedData)] = (Irql.ApcLevel, () => CcSetDirtyPinnedData(null, null)),
            [nameof(CcUnpinData)] = (Irql.PassiveLevel, () => CcUnpinData(null)),
            [nameof(CcSetLogHandleForFile)] = (Irql.ApcLevel, () => CcSetLogHandleForFile(file, null, null)),
            [nameof(CcGetFileObjectFromSectionPtrs)] = (Irql.DispatchLevel,
                () => _ = CcGetFileObjectFromSectionPtrs(pointers)),
            [nameof(CcGetFlushedValidData)] = (Irql.DispatchLevel, () => _ = CcGetFlushedValidData(pointers, false)),
            [nameof(CcIsThereDirtyData)] = (Irql.PassiveLevel, () => _ = CcIsThereDirtyData(null)),
            [nameof(CcIsThereDirtyDataEx)] = (Irql.PassiveLevel, () => _ = CcIsThereDirtyDataEx(null, null)),
            [nameof(MmCanFileBeTruncated)] = (Irql.ApcLevel, () => _ = MmCanFileBeTruncated(pointers, null)),
            [nameof(MmDoesFileHaveUserWritableReferences)] = (Irql.ApcLevel,
                () => _ = MmDoesFileHaveUserWritableReferences(pointers)),
            [nameof(MmFlushImageSection)] = (Irql.ApcLevel,
                () => _ = MmFlushImageSection(pointers, MMFLUSH_TYPE.MmFlushForWrite)),
            [nameof(MmForceSectionClosed)] = (Irql.ApcLevel, () => _ = MmForceSectionClosed(pointers, false)),
            [nameof(CcGetFileSizePointer)] = (Irql.ApcLevel, () => _ = CcGetFileSizePointer(file)),
            [nameof(CcGetFileObjectFromBcb)] = (Irql.ApcLevel, () => _ = CcGetFileObjectFromBcb(null)),
            [nameof(CcRemapBcb)] = (Irql.ApcLevel, () => _ = CcRemapBcb(null)),
            [nameof(CcRepinBcb)] = (Irql.ApcLevel, () => CcRepinBcb(null)),
            [nameof(CcUnpinRepinnedBcb)] = (Irql.ApcLevel, () => CcUnpinRepinnedBcb(null, true, null)),
            [nameof(CcSetBcbOwnerPointer)] = (Irql.ApcLevel, () => CcSetBcbOwnerPointer(null, null)),
            [nameof(CcUnpinDataForThread)] = (Irql.PassiveLevel, () => CcUnpinDataForThread(null, 0)),
            [nameof(CcGetDirtyPages)] = (Irql.ApcLevel, () => _ = CcGetDirtyPages(null, null, null, null)),
            [nameof(FsRtlCopyRead)] = (Irql.ApcLevel,
                () => _ = FsRtlCopyRead(file, null, 1, true, 0, null, null, null)),
            [nameof(FsRtlCopyWrite)] = (Irql.ApcLevel,
                () => _ = FsRtlCopyWrite(file, null, 1, true, 0, null, null, null)),
            [nameof(FsRtlMdlRead)] = (Irql.ApcLevel, () => _ = FsRtlMdlRead(file, null, 1, 0, null, null)),
            [nameof(FsRtlMdlReadComplete)] = (Irql.PassiveLevel, () => _ = FsRtlMdlReadComplete(file, null)),
            [nameof(FsRtlPrepareMdlWrite)] = (Irql.ApcLevel,
                () => _ = FsRtlPrepareMdlWrite(file, null, 1, 0, null, null)),
            [nameof(FsRtlMdlWriteComplete)] = (Irql.PassiveLevel,
                () => _ = FsRtlMdlWriteComplete(file, null, null)),
            [nameof(FsRtlMdlReadDev)] = (Irql.ApcLevel, () => _ = FsRtlMdlReadDev(file, null, 1, 0, null, null, null)),
            [nameof(FsRtlMdlReadCompleteDev)] = (Irql.PassiveLevel,
                () => _ = FsRtlMdlReadCompleteDev(file, null, null)),
            [nameof(FsRtlPrepareMdlWriteDev)] = (Irql.ApcLevel,
                () => _ = FsRtlPrepareMdlWriteDev(file, null, 1, 0, null, null, null)),
            [nameof(FsRtlMdlWriteCompleteDev)] = (Irql.PassiveLevel,
                () => _ = FsRtlMdlWriteCompleteDev(file, null, null, null)),
            [nameof(FsRtlMdlReadEx)] = (Irql.ApcLevel, () => _ = FsRtlMdlReadEx(file, null, 1, 0, null, null)),
            [nameof(FsRtlPrepareMdlWriteEx)] = (Irql.ApcLevel,
                () => _ = FsRtlPrepareMdlWriteEx(file, null, 1, 0, null, null)),
        };

    private static void FlushAndPurge(SECTION_OBJECT_POINTERS* pointers)
    {
        IO_STATUS_BLOCK status;
        CcCoherencyFlushAndPurgeCache(pointers, null, 0, &status);
    }
}
