namespace Concord.Nt;

/// <summary>A text of 16-bit characters, which need not end with a null. (NT: UNICODE_STRING.)</summary>
public unsafe struct UNICODE_STRING
{
    /// <summary>Bytes of the text.</summary>
    public ushort Length;

    /// <summary>Bytes that there is room for.</summary>
    public ushort MaximumLength;

    /// <summary>The text.</summary>
    public char* Buffer;

    /// <summary>The text; empty without a buffer. Allocates.</summary>
    public override readonly string ToString() =>
        Buffer is null ? "" : new string(Buffer, 0, Length / sizeof(char));
}
