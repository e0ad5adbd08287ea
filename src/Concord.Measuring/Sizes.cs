namespace Concord.Measuring;

/// <summary>Text for sizes and times.</summary>
internal static class Sizes
{
    public const long KiB = 1L << 10, MiB = 1L << 20, GiB = 1L << 30;

    public static string Bytes(long bytes) => bytes switch
    {
        >= GiB when bytes % GiB == 0 => $"{bytes / GiB} GiB",
        >= MiB when bytes % MiB == 0 => $"{bytes / MiB} MiB",
        >= KiB when bytes % KiB == 0 => $"{bytes / KiB} KiB",
        _ => $"{bytes} B",
    };

    public static string Time(double nanoseconds) => nanoseconds switch
    {
        < 1e3 => $"{nanoseconds:0.0} ns",
        < 1e6 => $"{nanoseconds / 1e3:0.00} µs",
        < 1e9 => $"{nanoseconds / 1e6:0.00} ms",
        _ => $"{nanoseconds / 1e9:0.00} s",
    };

    /// <summary>The rate of bytes in a time, as GB (10⁹ bytes) a second.</summary>
    public static string Rate(long bytes, double nanoseconds) => $"{bytes / nanoseconds:0.00} GB/s";
}
