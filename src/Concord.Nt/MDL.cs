namespace Concord.Nt;

/// <summary>
/// Bytes that are locked in memory: the fixed part of the original, without the list of pages behind it. Made and freed
/// by the routines; a chain is linked by <see cref="Next"/>. (NT: MDL.)
/// </summary>
public unsafe struct MDL
{
    /// <summary>In <see cref="MdlFlags"/>: <see cref="MappedSystemVa"/> holds.</summary>
    public const short MDL_MAPPED_TO_SYSTEM_VA = 0x1;

    /// <summary>In <see cref="MdlFlags"/>: the bytes are locked.</summary>
    public const short MDL_PAGES_LOCKED = 0x2;

    /// <summary>In <see cref="MdlFlags"/>: the bytes never leave memory.</summary>
    public const short MDL_SOURCE_IS_NONPAGED_POOL = 0x4;

    /// <summary>The next of the chain, or null.</summary>
    public MDL* Next;

    /// <summary>Bytes of this structure.</summary>
    public short Size;

    /// <summary>MDL_*.</summary>
    public short MdlFlags;

    /// <summary>Not used here.</summary>
    public void* Process;

    /// <summary>Where the first byte is. All memory of this process is mapped, so this is set at once.</summary>
    public void* MappedSystemVa;

    /// <summary>The page in which the first byte is.</summary>
    public void* StartVa;

    /// <summary>How many bytes.</summary>
    public uint ByteCount;

    /// <summary>Where in its page the first byte is.</summary>
    public uint ByteOffset;
}
