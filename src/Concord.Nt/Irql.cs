namespace Concord.Nt;

/// <summary>
/// An interrupt request level, as a thread of this process carries it: a statement about what the thread may do, which
/// the routines check as the kernel would. It does not change how the thread is scheduled. (NT: KIRQL.)
/// </summary>
/// <param name="Level">The number, from 0 to 15 as on x64 and Arm64.</param>
public readonly record struct Irql(byte Level) : IComparable<Irql>
{
    /// <summary>The highest number. (NT: HIGH_LEVEL of 64-bit processors.)</summary>
    private const byte LevelMax = 15;

    [ThreadStatic]
    private static byte CurrentLevel;

    /// <summary>Ordinary code: it may block, and touch memory that is not there. Every thread begins here.</summary>
    public static Irql PassiveLevel => new(0);

    /// <summary>No asynchronous procedure calls arrive.</summary>
    public static Irql ApcLevel => new(1);

    /// <summary>The thread may not wait, nor touch memory that is not there.</summary>
    public static Irql DispatchLevel => new(2);

    /// <summary>Everything is masked.</summary>
    public static Irql HighLevel => new(LevelMax);

    /// <summary>The level of the calling thread. (NT: KeGetCurrentIrql.)</summary>
    public static Irql Current => new(CurrentLevel);

    /// <summary>
    /// Raises the calling thread's level until the scope is disposed, on the same thread. (NT: KeRaiseIrql,
    /// KeLowerIrql.)
    /// </summary>
    /// <param name="level">The new level, not below the present one.</param>
    /// <returns>The scope; disposing it restores the present level.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="level"/> is below the present level or above
    /// <see cref="HighLevel"/>; the level is as before.</exception>
    /// <remarks>Does not block. The first call of a process prepares what the routines need, since they may not
    /// allocate at a raised level; later calls allocate nothing.</remarks>
    public static IrqlScope Raise(Irql level)
    {
        if (level.Level is var number && (number < CurrentLevel || number > LevelMax))
        {
            throw new ArgumentOutOfRangeException(nameof(level), number,
                $"the new level must be from the present level, {CurrentLevel}, to {LevelMax}");
        }

        _ = ProcessorCache.IsSupported;
        var scope = new IrqlScope(CurrentLevel);
        CurrentLevel = number;
        return scope;
    }

    /// <summary>Compares two levels by number.</summary>
    /// <param name="other">The other level.</param>
    /// <returns>Below zero when this one is lower, zero when they are equal, above zero when it is higher.</returns>
    public int CompareTo(Irql other) => Level.CompareTo(other.Level);

    /// <summary>Whether one level is lower than another.</summary>
    public static bool operator <(Irql left, Irql right) => left.Level < right.Level;

    /// <summary>Whether one level is higher than another.</summary>
    public static bool operator >(Irql left, Irql right) => left.Level > right.Level;

    /// <summary>Whether one level is no higher than another.</summary>
    public static bool operator <=(Irql left, Irql right) => left.Level <= right.Level;

    /// <summary>Whether one level is no lower than another.</summary>
    public static bool operator >=(Irql left, Irql right) => left.Level >= right.Level;

    /// <summary>Restores what a scope found.</summary>
    internal static void Lower(byte level) => CurrentLevel = level;
}
