namespace Concord.Tests.Nt.C;

/// <summary>The tests that share one tarball.</summary>
[CollectionDefinition(nameof(NativeCollection))]
public sealed class NativeCollection : ICollectionFixture<NativePackage>;
