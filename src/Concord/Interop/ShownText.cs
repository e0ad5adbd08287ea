using System.Buffers;
using System.Globalization;
using System.Text;

namespace Concord.Interop;

/// <summary>
/// Escapes text from outside (names of files and of processes) for messages: on one line, without characters that
/// control a terminal or change how other text is shown.
/// </summary>
internal static class ShownText
{
    /// <summary>
    /// The characters for bytes that are not UTF-8: U+DC80 to U+DCFF, see <see cref="Linux.PathBytes"/>.
    /// </summary>
    private const int ByteFirst = 0xDC80, ByteLast = 0xDCFF, ByteBase = 0xDC00;

    /// <summary>
    /// The text; control characters and bytes that are not UTF-8 as <c>\x1b</c>, other hidden ones as <c>\u202e</c>.
    /// </summary>
    internal static string Of(string text)
    {
        foreach (char c in text)
        {
            if (char.IsControl(c) || char.IsSurrogate(c) || IsHidden(c)) return Escape(text);
        }

        return text;
    }

    /// <summary>
    /// An error's message, which may be a store's, or a server's behind it; what is wrong where it cannot say one.
    /// </summary>
    internal static string Of(Exception error) => Of(Ask(error).Message);

    /// <summary>Whether an error can say its message.</summary>
    internal static bool HasMessage(Exception error) => Ask(error).IsOwn;

    private static (string Message, bool IsOwn) Ask(Exception error)
    {
        try
        {
            return error.Message is { } message ? (message, true) : ("it has no message", false);
        }
        catch (Exception wordless)
        {
            return ($"it has no message: asking for it threw {wordless.GetType().Name}", false);
        }
    }

    private static string Escape(string text)
    {
        var shown = new StringBuilder(text.Length + 8);
        for (ReadOnlySpan<char> rest = text; !rest.IsEmpty;)
        {
            char first = rest[0];
            bool isCharacter = Rune.DecodeFromUtf16(rest, out Rune rune, out int used) == OperationStatus.Done;
            bool isByte = !isCharacter && first >= ByteFirst && first <= ByteLast;
            if (isByte) Append(shown, "\\x", first - ByteBase, "x2");
            else if (!isCharacter || IsHidden(first)) Append(shown, "\\u", first, "x4");
            else if (Rune.IsControl(rune)) Append(shown, "\\x", first, "x2");
            else shown.Append(rest[..used]);
            rest = rest[used..];
        }

        return shown.ToString();
    }

    private static void Append(StringBuilder shown, string prefix, int number, string format) =>
        shown.Append(prefix).Append(number.ToString(format, CultureInfo.InvariantCulture));

    /// <summary>Whether a character changes the direction of text, ends a line, or is invisible.</summary>
    private static bool IsHidden(char c) =>
        c is '\u061c' or '\u200e' or '\u200f' or '\ufeff'
            or (>= '\u2028' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
