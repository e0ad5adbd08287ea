namespace Concord.Cli.Rendering;

/// <summary>Blanks that align columns.</summary>
/// <remarks>
/// Padding a string would use vector code, which is compiled while the program runs: that takes longer than all the
/// rest of the table, in a start of milliseconds.
/// </remarks>
internal static class Blanks
{
    private const string Some = "                                ";

    internal static void Write(TextWriter writer, int count)
    {
        for (; count > 0; count -= Some.Length) writer.Write(Some.AsSpan(0, Math.Min(count, Some.Length)));
    }
}
