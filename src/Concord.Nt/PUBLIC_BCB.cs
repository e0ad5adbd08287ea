namespace Concord.Nt;

/// <summary>
/// What a mapping or a pin is known by: its first fields, as the original shows them. Only the routines change it.
/// (NT: PUBLIC_BCB.)
/// </summary>
public struct PUBLIC_BCB
{
    /// <summary>What <see cref="NodeTypeCode"/> is for pinned bytes.</summary>
    public const short CACHE_NTC_BCB = 0x2FD;

    /// <summary><see cref="CACHE_NTC_BCB"/> for pinned bytes, 0 for mapped ones.</summary>
    public short NodeTypeCode;

    /// <summary>0: the size of the structure behind these fields is not published.</summary>
    public short NodeByteSize;

    /// <summary>Bytes that are mapped.</summary>
    public uint MappedLength;

    /// <summary>Where in the stream they begin.</summary>
    public LARGE_INTEGER MappedFileOffset;
}
