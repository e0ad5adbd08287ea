using Concord.Interop;

namespace Concord.Memory;

/// <summary>Makes the memory of files.</summary>
internal static class SectionFactory
{
    /// <summary>
    /// Makes the section for a file, with its first window: shareable where the system permits that, otherwise private
    /// memory.
    /// </summary>
    /// <exception cref="OutOfMemoryException">
    /// There is no descriptor, no mapping or no address space left for it.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// Memory with a descriptor was asked for, and the system refuses it.
    /// </exception>
    internal static Section Create(SectionKind kind)
    {
        if (kind == SectionKind.Private) return new PrivateSection();
        if (kind == SectionKind.Shared && !SharedMemory.IsSupported)
        {
            throw new PlatformNotSupportedException(
                $"shared sections need memory with a descriptor: {SharedMemory.UnsupportedReason}");
        }

        if (!SharedMemory.IsSupported) return new PrivateSection();
        try
        {
            bool isHuge = kind == SectionKind.Huge && HugePages.UnsupportedReason is null;
            return WithWindow(isHuge ? new HugePageSection() : new SharedSection());
        }
        catch (PlatformNotSupportedException) when (kind != SectionKind.Shared)
        {
            // The system refuses (a filter of system calls, ulimit -f): everything but views works in private memory.
            return new PrivateSection();
        }
    }

    private static Section WithWindow(Section section)
    {
        try
        {
            _ = section.AddressOf(0);
            return section;
        }
        catch
        {
            section.Dispose();
            throw;
        }
    }
}
