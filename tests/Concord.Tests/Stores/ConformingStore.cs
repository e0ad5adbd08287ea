using Concord.Testing;

namespace Concord.Tests.Stores;

/// <summary>The checks of <see cref="StoreConformance"/> as tests: a class for each way to make a store.</summary>
public abstract class ConformingStore : StoreConformance
{
    public static IEnumerable<object[]> Names => CheckNames.Select(name => new object[] { name });

    [Theory]
    [MemberData(nameof(Names))]
    public Task The_store_keeps_its_promises(string check)
    {
        RequireSystem();
        return RunAsync(check);
    }

    /// <summary>Skips where this machine has no such store.</summary>
    protected virtual void RequireSystem()
    {
        // Most stores are everywhere.
    }
}
