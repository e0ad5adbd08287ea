using Concord.Tests.Mutation;

[assembly: CollectionBehavior(typeof(SideBySide))]
[assembly: LastStarted]
[assembly: Marked]
