using System.Buffers;
using System.Text;

namespace Concord.Interop.Linux;

/// <summary>
/// Converts names of files between bytes and strings. A byte that is not UTF-8 becomes the character U+DC00 plus the
/// byte, which no valid text contains (Python's surrogateescape), so every name can be converted back.
/// </summary>
internal static class PathBytes
{
    private const int ByteBase = 0xDC00, ByteFirst = 0x80, ByteLast = 0xFF;

    /// <summary>The bytes of a path, and a zero.</summary>
    internal static byte[] Encode(string path)
    {
        if (TryEncodeAscii(path) is { } ascii) return ascii;
        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(path.Length) + 1];
        int count = 0;
        for (ReadOnlySpan<char> rest = path; !rest.IsEmpty;)
        {
            bool isCharacter = Rune.DecodeFromUtf16(rest, out Rune rune, out int used) == OperationStatus.Done;
            int value = rest[0] - ByteBase;
            if (!isCharacter && value is >= ByteFirst and <= ByteLast) bytes[count++] = (byte)value;
            else count += rune.EncodeToUtf8(bytes.AsSpan(count));
            rest = rest[used..];
        }

        return bytes;
    }

    /// <summary>The path of bytes, which have no zero at their end.</summary>
    internal static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (IsAscii(bytes)) return Encoding.Latin1.GetString(bytes);
        var text = new StringBuilder(bytes.Length);
        Span<char> characters = stackalloc char[2];
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out Rune rune, out int used) == OperationStatus.Done)
            {
                text.Append(characters[..rune.EncodeToUtf16(characters)]);
            }
            else
            {
                foreach (byte value in bytes[..used]) text.Append((char)(ByteBase + value));
            }

            bytes = bytes[used..];
        }

        return text.ToString();
    }

    /// <summary>Whether a path has bytes that are not UTF-8.</summary>
    internal static bool HasOthers(string path)
    {
        for (int i = 0; i < path.Length; i++)
        {
            if (!char.IsSurrogate(path[i])) continue;
            if (i + 1 == path.Length || !char.IsSurrogatePair(path[i], path[i + 1])) return true;
            i++;
        }

        return false;
    }

    /// <summary>The bytes of a path of plain characters, which most are, and a zero; null for any other.</summary>
    private static byte[]? TryEncodeAscii(string path)
    {
        byte[] bytes = new byte[path.Length + 1];
        for (int i = 0; i < path.Length; i++)
        {
            if (path[i] >= ByteFirst) return null;
            bytes[i] = (byte)path[i];
        }

        return bytes;
    }

    private static bool IsAscii(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            if (value >= ByteFirst) return false;
        }

        return true;
    }
}
