using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

/// <summary>Finds out whether pages can be read, without the risk of a signal.</summary>
internal static unsafe class PageProbe
{
    private const int ErrnoInvalid = 22;

    /// <summary>
    /// Whether the kernel knows MADV_POPULATE_READ (Linux 5.14). A kernel without it refuses everything with the error
    /// that others give for device mappings; so it is tried once on a page that is certainly readable.
    /// </summary>
    private static readonly bool KernelPopulates = KernelPopulatesOwnStack();

    /// <summary>The result of a probe.</summary>
    internal enum Answer
    {
        /// <summary>Every page can be read, and is present now.</summary>
        Readable,

        /// <summary>
        /// A page cannot be read: unmapped, protected, beyond the end of its file, or its file's read failed.
        /// </summary>
        Unreadable,

        /// <summary>
        /// The pages are a device's. They are mapped from the start, and the list of mappings tells whether they are
        /// readable.
        /// </summary>
        Device,
    }

    /// <summary>
    /// Makes whole pages present, as reading them would. The page that ends where addresses end is never mapped.
    /// </summary>
    internal static Answer Populate(nuint start, nuint end)
    {
        if (start >= end) return Answer.Unreadable;
        if (Libc.Madvise((nint)start, (nint)(end - start), Libc.MadvPopulateRead) == 0) return Answer.Readable;
        if (Marshal.GetLastPInvokeError() != ErrnoInvalid) return Answer.Unreadable;
        return KernelPopulates ? Answer.Device : ReadEachPage(start, end);
    }

    /// <summary>
    /// For kernels before 5.14: copies from this process's own memory, by a call that reports what it cannot read. It
    /// cannot read a device's pages, so on those kernels they count as unreadable.
    /// </summary>
    internal static Answer ReadEachPage(nuint start, nuint end)
    {
        byte target;
        for (nuint page = start; page < end; page += (nuint)Environment.SystemPageSize)
        {
            var local = new IoVector((nint)(&target), 1);
            var remote = new IoVector((nint)page, 1);
            if (Libc.ProcessVmReadv(Environment.ProcessId, &local, 1, &remote, 1, 0) != 1) return Answer.Unreadable;
        }

        return Answer.Readable;
    }

    private static bool KernelPopulatesOwnStack()
    {
        byte here;
        nint page = (nint)(&here) & -Environment.SystemPageSize;
        return Libc.Madvise(page, Environment.SystemPageSize, Libc.MadvPopulateRead) == 0;
    }
}
