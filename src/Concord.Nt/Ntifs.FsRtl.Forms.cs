using Concord.Nt.Native;

namespace Concord.Nt;

// The forms of the FsRtl routines that file systems put into their table of fast calls (Dev), and those that return a
// status (Ex). There are no devices here, so each is the plain form.
public static unsafe partial class Ntifs
{
    /// <summary>As <see cref="FsRtlMdlRead"/>. (NT: FsRtlMdlReadDev.) Blocks.</summary>
    /// <param name="FileObject">As there.</param>
    /// <param name="FileOffset">As there.</param>
    /// <param name="Length">As there.</param>
    /// <param name="LockKey">Ignored.</param>
    /// <param name="MdlChain">As there.</param>
    /// <param name="IoStatus">As there.</param>
    /// <param name="DeviceObject">Ignored.</param>
    /// <returns>As there.</returns>
    /// <exception cref="NtPreconditionException">As there.</exception>
    public static BOOLEAN FsRtlMdlReadDev(
        FILE_OBJECT* FileObject, LARGE_INTEGER* FileOffset, uint Length, uint LockKey, MDL** MdlChain,
        IO_STATUS_BLOCK* IoStatus, void* DeviceObject) =>
        FsRtlMdlRead(FileObject, FileOffset, Length, LockKey, MdlChain, IoStatus);

    /// <summary>As <see cref="FsRtlMdlReadComplete"/>. (NT: FsRtlMdlReadCompleteDev.) Does not block.</summary>
    /// <param name="FileObject">As there.</param>
    /// <param name="MdlChain">As there.</param>
    /// <param name="DeviceObject">Ignored.</param>
    /// <returns>As there.</returns>
    /// <exception cref="NtPreconditionException">As there.</exception>
    public static BOOLEAN FsRtlMdlReadCompleteDev(FILE_OBJECT* FileObject, MDL* MdlChain, void* DeviceObject) =>
        FsRtlMdlReadComplete(FileObject, MdlChain);

    /// <summary>As <see cref="FsRtlPrepareMdlWrite"/>. (NT: FsRtlPrepareMdlWriteDev.) Blocks.</summary>
    /// <param name="FileObject">As there.</param>
    /// <param name="FileOffset">As there.</param>
    /// <param name="Length">As there.</param>
    /// <param name="LockKey">Ignored.</param>
    /// <param name="MdlChain">As there.</param>
    /// <param name="IoStatus">As there.</param>
    /// <param name="DeviceObject">Ignored.</param>
    /// <returns>As there.</returns>
    /// <exception cref="NtPreconditionException">As there.</exception>
    public static BOOLEAN FsRtlPrepareMdlWriteDev(
        FILE_OBJECT* FileObject, LARGE_INTEGER* FileOffset, uint Length, uint LockKey, MDL** MdlChain,
        IO_STATUS_BLOCK* IoStatus, void* DeviceObject) =>
        FsRtlPrepareMdlWrite(FileObject, FileOffset, Length, LockKey, MdlChain, IoStatus);

    /// <summary>As <see cref="FsRtlMdlWriteComplete"/>. (NT: FsRtlMdlWriteCompleteDev.) May block.</summary>
    /// <param name="FileObject">As there.</param>
    /// <param name="FileOffset">As there.</param>
    /// <param name="MdlChain">As there.</param>
    /// <param name="DeviceObject">Ignored.</param>
    /// <returns>As there.</returns>
    /// <exception cref="NtPreconditionException">As there.</exception>
    public static BOOLEAN FsRtlMdlWriteCompleteDev(
        FILE_OBJECT* FileObject, LARGE_INTEGER* FileOffset, MDL* MdlChain, void* DeviceObject) =>
        FsRtlMdlWriteComplete(FileObject, FileOffset, MdlChain);

    /// <summary>As <see cref="FsRtlMdlRead"/>, and says why. (NT: FsRtlMdlReadEx.) Blocks.</summary>
    /// <param name="FileObject">As there.</param>
    /// <param name="FileOffset">As there.</param>
    /// <param name="Length">As there.</param>
    /// <param name="LockKey">Ignored.</param>
    /// <param name="MdlChain">As there.</param>
    /// <param name="IoStatus">As there.</param>
    /// <returns>
    /// The status of <paramref name="IoStatus"/> where <see cref="FsRtlMdlRead"/> says TRUE; otherwise why it says
    /// FALSE, and STATUS_NOT_SUPPORTED when the file system has to do it itself.
    /// </returns>
    /// <exception cref="NtPreconditionException">As there.</exception>
    public static NTSTATUS FsRtlMdlReadEx(
        FILE_OBJECT* FileObject, LARGE_INTEGER* FileOffset, uint Length, uint LockKey, MDL** MdlChain,
        IO_STATUS_BLOCK* IoStatus)
    {
        LastError.Clear();
        return FsRtlMdlRead(FileObject, FileOffset, Length, LockKey, MdlChain, IoStatus)
            ? IoStatus->Status : WhyNot(IoStatus);
    }

    /// <summary>As <see cref="FsRtlPrepareMdlWrite"/>, and says why. (NT: FsRtlPrepareMdlWriteEx.) Blocks.</summary>
    /// <param name="FileObject">As there.</param>
    /// <param name="FileOffset">As there.</param>
    /// <param name="Length">As there.</param>
    /// <param name="LockKey">Ignored.</param>
    /// <param name="MdlChain">As there.</param>
    /// <param name="IoStatus">As there.</param>
    /// <returns>As <see cref="FsRtlMdlReadEx"/>.</returns>
    /// <exception cref="NtPreconditionException">As there.</exception>
    public static NTSTATUS FsRtlPrepareMdlWriteEx(
        FILE_OBJECT* FileObject, LARGE_INTEGER* FileOffset, uint Length, uint LockKey, MDL** MdlChain,
        IO_STATUS_BLOCK* IoStatus)
    {
        LastError.Clear();
        return FsRtlPrepareMdlWrite(FileObject, FileOffset, Length, LockKey, MdlChain, IoStatus)
            ? IoStatus->Status : WhyNot(IoStatus);
    }

    /// <summary>What the thread's last call kept; without a reason the file system has to do it itself.</summary>
    private static NTSTATUS WhyNot(IO_STATUS_BLOCK* ioStatus)
    {
        var status = NT_SUCCESS(LastError.Status) ? NTSTATUS.STATUS_NOT_SUPPORTED : LastError.Status;
        if (ioStatus is not null) _ = IsDone(ioStatus, status, 0);
        return status;
    }
}
