using Concord.Testing;

namespace Concord.Tests.Stores;

/// <summary>
/// The checks of <see cref="ReadOnlyStoreConformance"/> as tests: a class for each way to come to a store.
/// </summary>
public abstract class ConformingReadOnlyStore : ReadOnlyStoreConformance
{
    private protected static readonly byte[] Bytes = Caching.Pages.Pattern((16 << 20) + 1_234, seed: 5);

    public static IEnumerable<object[]> Names => CheckNames.Select(name => new object[] { name });

    protected override ReadOnlyMemory<byte> Content => Bytes;

    [Theory]
    [MemberData(nameof(Names))]
    public Task The_store_keeps_its_promises(string check) => RunAsync(check);
}
