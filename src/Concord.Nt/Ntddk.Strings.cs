namespace Concord.Nt;

// Texts.
public static unsafe partial class Ntddk
{
    /// <summary>
    /// Makes a string of a text that ends with a null; it goes on pointing to the text. (NT: RtlInitUnicodeString.)
    /// Does not block.
    /// </summary>
    /// <param name="DestinationString">The string.</param>
    /// <param name="SourceString">The text; null makes an empty string. What is longer than a string can be is left
    /// out.</param>
    public static void RtlInitUnicodeString(UNICODE_STRING* DestinationString, char* SourceString)
    {
        const int CharactersMax = (ushort.MaxValue / sizeof(char)) - 1;
        int length = 0;
        while (SourceString is not null && length < CharactersMax && SourceString[length] != '\0') length++;
        *DestinationString = new UNICODE_STRING
        {
            Length = (ushort)(length * sizeof(char)),
            MaximumLength = (ushort)(SourceString is null ? 0 : (length + 1) * sizeof(char)),
            Buffer = SourceString,
        };
    }
}
