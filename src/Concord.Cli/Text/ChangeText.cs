namespace Concord.Cli.Text;

/// <summary>How fast something grows or shrinks, for people.</summary>
internal static class ChangeText
{
    /// <summary><c>+4.0 MiB/s</c>, <c>-512 B/s</c>; <c>-</c> where nothing changes or was seen before.</summary>
    internal static string Of(double? bytesPerSecond)
    {
        if (bytesPerSecond is not { } rate || Math.Abs(rate) < 1) return ShareText.Nothing;
        return $"{(rate < 0 ? '-' : '+')}{SizeText.Format((long)Math.Min(Math.Abs(rate), long.MaxValue / 2))}/s";
    }
}
