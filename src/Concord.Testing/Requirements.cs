namespace Concord.Testing;

/// <summary>What checks require of a store, and the bytes that they write.</summary>
internal static class Requirements
{
    /// <summary>Ends a check of which nothing applies.</summary>
    /// <param name="doesNotApply">Whether that is so.</param>
    /// <param name="why">Why.</param>
    internal static void LeaveOutIf(bool doesNotApply, string why)
    {
        if (doesNotApply) throw new LeftOutException(why, isWhole: true);
    }

    /// <summary>Ends a check whose rest does not apply.</summary>
    /// <param name="what">What is left out, and why.</param>
    internal static LeftOutException LeftOut(string what) => new(what, isWhole: false);

    internal static void Require(bool holds, string rule)
    {
        if (!holds) throw new BrokenPromiseException(rule);
    }

    /// <summary>Bytes that differ from place to place and from salt to salt, and are never zero.</summary>
    internal static byte[] Pattern(long offset, long length, int salt)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < bytes.Length; i++)
        {
            ulong mixed = ((ulong)(offset + i) + ((ulong)salt * 0xD1B54A32D192ED03)) * 0x9E3779B97F4A7C15;
            bytes[i] = (byte)((mixed >> 32) | 1);
        }

        return bytes;
    }

    /// <summary>Requires that a store holds given bytes from an offset on.</summary>
    internal static async ValueTask RequireBytesAsync(
        TestedStore store, long offset, ReadOnlyMemory<byte> expected, string what)
    {
        byte[] got = new byte[expected.Length];
        int count = await store.ReadAsync(offset, got).ConfigureAwait(false);
        Require(count == expected.Length, $"{what}: {count} of {expected.Length} bytes were read at {offset}");
        int same = got.AsSpan().CommonPrefixLength(expected.Span);
        Require(same == expected.Length, $"{what}: the byte at {offset + same} is another one");
    }

    internal static async ValueTask RequireLengthAsync(TestedStore store, long expected, string what)
    {
        long length = await store.GetLengthAsync().ConfigureAwait(false);
        Require(length == expected, $"{what} the length is {length}, not {expected}");
    }

    /// <summary>Requires that reads end where the store does.</summary>
    internal static async ValueTask RequireShortReadsAsync(TestedStore store, long length)
    {
        foreach (int before in (int[])[0, 1, 10, 4096])
        {
            if (before > length) continue;
            int count = await store.ReadAsync(length - before, new byte[before + 100]).ConfigureAwait(false);
            Require(count == before, $"{before} bytes before the end {count} were read");
        }

        Require(await store.ReadAsync(length + 1, new byte[10]).ConfigureAwait(false) == 0,
            "nothing is read beyond the end");
        Require(await store.ReadAsync(length + (1L << 40), new byte[10]).ConfigureAwait(false) == 0,
            "nothing is read far beyond the end");
    }

    /// <summary>Requires that a second way to a store's bytes has the store's identity.</summary>
    internal static void RequireOneIdentity(object identity, BackingStore again)
    {
        Require(identity.Equals(again.Identity) && again.Identity.Equals(identity),
            "two ways to the same bytes have equal identities");
        Require(identity.GetHashCode() == again.Identity.GetHashCode(), "equal identities have equal hashes");
    }

    internal static async ValueTask RequireThrowsAsync<T>(Func<ValueTask> call, string what)
        where T : Exception
    {
        try
        {
            await call().ConfigureAwait(false);
        }
        catch (T)
        {
            // The store has refused, as it should.
            return;
        }

        throw new BrokenPromiseException($"{what} is refused with {typeof(T).Name}");
    }

    internal static async Task RequireCancelledAsync(Func<Task> call, string what)
    {
        try
        {
            await call().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The store has refused, as it should.
            return;
        }

        throw new BrokenPromiseException($"{what} that was cancelled before its start says so");
    }
}
