namespace Concord.Testing;

/// <summary>Runs one check in every form of calls, and says what came of it.</summary>
internal static class CheckRunner
{
    internal static async Task<StoreCheckOutcome> RunAsync<T>(
        T conformance, string check, IReadOnlyDictionary<string, Func<T, CallForms, Task>> checks)
    {
        ArgumentNullException.ThrowIfNull(check);
        if (!checks.TryGetValue(check, out var run))
            throw new ArgumentException($"there is no check called '{check}'", nameof(check));
        LeftOutException? leftOut = null;
        foreach (var forms in CallForms.All)
        {
            try
            {
                await run(conformance, forms).ConfigureAwait(false);
            }
            catch (LeftOutException error)
            {
                leftOut = error;
            }
            catch (BrokenPromiseException error)
            {
                throw new StoreConformanceException(check, forms, error.Message);
            }
            catch (Exception error)
            {
                throw new StoreConformanceException(check, forms, error);
            }
        }

        return new StoreCheckOutcome(check, leftOut is not { IsWhole: true }, leftOut?.Message);
    }
}
