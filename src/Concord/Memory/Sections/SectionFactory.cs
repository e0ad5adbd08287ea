using Concord.Interop;

namespace Concord.Memory;

/// <summary>Makes the memory of files.</summary>
internal static class SectionFactory
{
    /// <summary>Makes the section for a file: shareable where the system has that, otherwise private memory.</summary>
    internal static Section Create(SectionKind kind) => kind switch
    {
        SectionKind.Shared => SharedMemory.IsSupported
            ? new SharedSection()
            : throw new PlatformNotSupportedException(
                $"shared sections need memory with a descriptor: {SharedMemory.UnsupportedReason}"),
        SectionKind.Private => new PrivateSection(),
        SectionKind.Huge when HugePages.UnsupportedReason is null => new HugePageSection(),
        _ => SharedMemory.IsSupported ? new SharedSection() : new PrivateSection(),
    };
}
