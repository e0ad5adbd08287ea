// One program is the test run, the runner it watches, and the child processes that tests start.
return args switch
{
    ["--child", .. var child] => Child.Run(child),
    ["--paths"] => Concord.Tests.Variants.PathsCommand.Run(),
    ["--mutants", .. var rest] => Concord.Tests.Mutation.MutantsCommand.Run(rest),
    [TestRun.RunnerSwitch, .. var rest] => await TestRun.RunHereAsync(rest),
    _ when TestRun.IsAskedByAnotherRunner(args) => await TestRun.RunHereAsync(args),
    _ => TestRun.Run(args),
};
