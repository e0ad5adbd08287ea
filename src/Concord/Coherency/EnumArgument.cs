using System.Runtime.CompilerServices;

namespace Concord;

/// <summary>
/// Refuses undefined enumeration values: an unknown number must not be treated as a known one.
/// </summary>
internal static class EnumArgument
{
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="value"/> is not defined.</exception>
    internal static void ThrowIfUndefined<T>(T value, [CallerArgumentExpression(nameof(value))] string? name = null)
        where T : struct, Enum
    {
        if (Enum.IsDefined(value)) return;
        throw new ArgumentOutOfRangeException(name, value, $"must be {string.Join(", ", Enum.GetNames<T>())}");
    }

    /// <exception cref="ArgumentOutOfRangeException">A bit is set that no option has.</exception>
    internal static void ThrowIfUndefined(
        CoherencyOptions options, [CallerArgumentExpression(nameof(options))] string? name = null)
    {
        if ((options & ~(CoherencyOptions.NoPurge | CoherencyOptions.ViewsNotSeen)) == 0) return;
        throw new ArgumentOutOfRangeException(
            name, options, $"must be a combination of {string.Join(", ", Enum.GetNames<CoherencyOptions>())}");
    }
}
