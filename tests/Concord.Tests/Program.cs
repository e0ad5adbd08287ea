// One program is the runner, and the child processes that tests start: a child is this program with --child first.
return args is ["--child", .. var child] ? Child.Run(child) : await TestRun.RunAsync(args);
