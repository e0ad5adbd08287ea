// Tests that measure caches share the machine's caches: one at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: LastStarted]
