using Concord.Tests.Mutation;

// Tests that measure caches share the machine's caches: one at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: LastStarted]
[assembly: Marked]
