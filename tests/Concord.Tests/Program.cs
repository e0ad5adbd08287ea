// One program is the test run, the runner it watches, and the child processes that tests start.
return args switch
{
    ["--child", .. var child] => Child.Run(child),
    [TestRun.RunnerSwitch, .. var rest] => await TestRun.RunHereAsync(rest),
    _ when TestRun.IsAskedByAnotherRunner(args) => await TestRun.RunHereAsync(args),
    _ => TestRun.Run(args),
};
