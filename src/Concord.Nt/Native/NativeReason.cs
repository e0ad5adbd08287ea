namespace Concord.Nt.Native;

/// <summary>An exception's message for people who write C: without what only C# has, in one line.</summary>
internal static class NativeReason
{
    /// <summary>What .NET and the library say to people who write C#, and what that means in C.</summary>
    private static readonly (string Said, string Means)[] Phrases =
    [
        ("Specified argument was out of the range of valid values.", "an argument is out of range"),
        ("Cannot access a disposed object.", "the file was closed"),
        ("Arithmetic operation resulted in an overflow.", "a number is too large"),
        ("Insufficient memory to continue the execution of the program.", "there is no memory"),
        ("The value cannot be an empty string.", "Path must not be empty"),
        (" by a Lease", " by a mapping, a pin or an MDL"),
        ("a lease holds pages", "a mapping, a pin or an MDL holds pages"),
        ("; dispose it first", "; end it first"),
        (", NtFile.AcquireExclusive", ""),
        (", NtFile.From of a CachedFile", ""),
        (", or open both with FileShare.ReadWrite", ""),
        (" with FileShare.ReadWrite", ""),
        (" with FileShare.None", ""),
        (" with FileShare.Read", ""),
        (" with FileShare.Write", ""),
    ];

    internal static string Of(Exception error)
    {
        string text = error.Message;
        foreach (var (said, means) in Phrases) text = text.Replace(said, means, StringComparison.Ordinal);
        text = Without(text, " (Parameter '", "')");
        text = Without(text, "Actual value was ", "\n");
        text = Without(text, "Object name: '", "'.");
        return string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries)).TrimEnd();
    }

    /// <summary>The text without each part from one mark to another, or to the end where that is missing.</summary>
    private static string Without(string text, string first, string last)
    {
        while (text.IndexOf(first, StringComparison.Ordinal) is >= 0 and var at)
        {
            int end = text.IndexOf(last, at + first.Length, StringComparison.Ordinal);
            text = end < 0 ? text[..at] : text[..at] + text[(end + last.Length)..];
        }

        return text;
    }
}
