namespace Concord.SystemCache.Linux;

/// <summary>
/// Which of the kernel's answers may be used; the tests withhold some, as older or stricter kernels do.
/// </summary>
[Flags]
internal enum ResidencySources
{
    None = 0,
    Cachestat = 1,
    Mincore = 2,
    All = Cachestat | Mincore,
}
