using System.Runtime.InteropServices;
using Concord.Nt;
using static Concord.Nt.Ntddk;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>MDLs that a caller builds for memory of his own, and his texts.</summary>
public sealed unsafe class CallerMdlTests
{
    [Fact]
    public void An_MDL_says_where_its_bytes_are_and_locks_nothing_by_itself()
    {
        byte* memory = stackalloc byte[100];
        var mdl = IoAllocateMdl(memory + 3, 50, false, false, null);
        Assert.Equal((nint)(memory + 3), (nint)mdl->StartVa + (nint)mdl->ByteOffset);
        Assert.Equal((50u, (short)0), (mdl->ByteCount, mdl->MdlFlags));
        Assert.True(mdl->Next is null && mdl->MappedSystemVa is null);
        IoFreeMdl(mdl);
        Assert.True(IoAllocateMdl(memory, 50, true, false, null) is null);
        Assert.True(IoAllocateMdl(memory, 50, false, false, memory) is null);
    }

    [Fact]
    public void Memory_that_never_leaves_and_memory_that_is_locked_have_an_address()
    {
        byte* memory = stackalloc byte[100];
        var mdl = IoAllocateMdl(memory, 50, false, true, null);
        MmBuildMdlForNonPagedPool(mdl);
        Assert.True(MmGetSystemAddressForMdlSafe(mdl, 0) == memory);
        Assert.Equal(MDL.MDL_SOURCE_IS_NONPAGED_POOL, mdl->MdlFlags);
        IoFreeMdl(mdl);

        mdl = IoAllocateMdl(memory, 50, false, false, null);
        MmProbeAndLockPages(mdl, 0, LOCK_OPERATION.IoModifyAccess);
        Assert.True(MmGetSystemAddressForMdlSafe(mdl, 0) == memory);
        Assert.NotEqual(0, mdl->MdlFlags & MDL.MDL_PAGES_LOCKED);
        var locked = mdl;
        Assert.Throws<NtStatusException>(() => MmProbeAndLockPages(locked, 0, LOCK_OPERATION.IoReadAccess));
        KeFlushIoBuffers(mdl, true, false);
        MmUnlockPages(mdl);
        Assert.Equal((short)0, mdl->MdlFlags);
        IoFreeMdl(mdl);
    }

    [Fact]
    public void Memory_that_cannot_be_read_is_not_locked()
    {
        var mdl = IoAllocateMdl((void*)0x1000, 50, false, false, null);
        Assert.Equal(STATUS_ACCESS_VIOLATION, Assert.Throws<NtStatusException>(
            () => MmProbeAndLockPages(mdl, 0, LOCK_OPERATION.IoReadAccess)).Status);
        Assert.Equal((short)0, mdl->MdlFlags);
        IoFreeMdl(mdl);
    }

    [Fact]
    public void In_checked_mode_a_wrong_end_is_told_and_otherwise_nothing_happens()
    {
        byte* memory = stackalloc byte[100];
        var mdl = IoAllocateMdl(memory, 50, false, false, null);
        MmUnlockPages(mdl);
        MmProbeAndLockPages(mdl, 0, LOCK_OPERATION.IoWriteAccess);
        IoFreeMdl(mdl);
        NtRules.Checked(() =>
        {
            Assert.Throws<NtPreconditionException>(() => IoFreeMdl(mdl));
            MmUnlockPages(mdl);
            Assert.Throws<NtPreconditionException>(() => MmUnlockPages(mdl));
            IoFreeMdl(mdl);
            Assert.Throws<NtPreconditionException>(() => IoFreeMdl(mdl));
            Assert.Throws<NtPreconditionException>(() => MmBuildMdlForNonPagedPool(null));
        });
    }

    [Fact]
    public void A_text_that_ends_with_a_null_becomes_a_string_of_its_bytes()
    {
        UNICODE_STRING text;
        fixed (char* source = "Grüße\0more") RtlInitUnicodeString(&text, source);
        Assert.Equal((10, 12), (text.Length, text.MaximumLength));
        fixed (char* source = "Grüße") text.Buffer = source;
        Assert.Equal("Grüße", text.ToString());
        RtlInitUnicodeString(&text, null);
        Assert.Equal((0, 0, ""), (text.Length, text.MaximumLength, text.ToString()));
    }

    [Fact]
    public void The_structures_of_hosting_have_the_sizes_and_offsets_of_the_originals()
    {
        Assert.SkipUnless(sizeof(nint) == 8, SkipPolicy.OtherProcessor + "layouts of 64-bit processors");
        Assert.Equal((104, 16, 48, 104, 216), (sizeof(ERESOURCE), sizeof(UNICODE_STRING),
            sizeof(FSRTL_COMMON_FCB_HEADER), sizeof(FSRTL_ADVANCED_FCB_HEADER), sizeof(FILE_OBJECT)));
        Assert.Equal([0x58, 0x68], new[] { "FileName", "CurrentByteOffset" }
            .Select(static name => (int)Marshal.OffsetOf<FILE_OBJECT>(name)));
        Assert.Equal([5, 8, 16, 24, 32, 40],
            new[]
                {
                    "IsFastIoPossible", "Resource", "PagingIoResource", "AllocationSize", "FileSize", "ValidDataLength",
                }
                .Select(static name => (int)Marshal.OffsetOf<FSRTL_COMMON_FCB_HEADER>(name)));
    }
}
