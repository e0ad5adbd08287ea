using System.Text.RegularExpressions;

namespace Concord.Tests.House;

/// <summary>
/// Text ends its lines as the editor configuration says, and names no place on a developer's machine.
/// </summary>
internal static partial class TextRule
{
    public static IEnumerable<Finding> Check(HouseFile file)
    {
        if (file.Text.Length == 0) yield break;
        int carriageReturn = file.Text.IndexOf('\r', StringComparison.Ordinal);
        if (carriageReturn >= 0) yield return file.At(carriageReturn, "lines end with LF alone");
        if (!file.Text.EndsWith('\n')) yield return file.At(file.Text.Length, "the last line has no end");
        if (file.Text.EndsWith("\n\n", StringComparison.Ordinal))
            yield return file.At(file.Text.Length - 1, "an empty line at the end");
        foreach (Match match in DevelopersPath().Matches(file.Text))
        {
            yield return file.At(match.Index, $"'{match.Value}' is a place on somebody's machine");
        }
    }

    [GeneratedRegex(@"(?<![\w.}/-])/(?:home|root|work|Users)/\w+|\.\./shared\b|\b[A-Z]:\\Users\\\w+")]
    private static partial Regex DevelopersPath();
}
