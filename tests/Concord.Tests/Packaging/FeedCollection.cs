namespace Concord.Tests.Packaging;

/// <summary>The tests that share one feed.</summary>
[CollectionDefinition(nameof(FeedCollection), DisableParallelization = true)]
public sealed class FeedCollection : ICollectionFixture<LocalFeed>;
