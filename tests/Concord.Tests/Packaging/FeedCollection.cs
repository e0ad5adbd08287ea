namespace Concord.Tests.Packaging;

/// <summary>The tests that share one feed.</summary>
[CollectionDefinition(nameof(FeedCollection))]
public sealed class FeedCollection : ICollectionFixture<LocalFeed>;
