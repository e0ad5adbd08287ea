using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Concord.Tests.House;

/// <summary>
/// Calls that take time, chance or the scheduler from where no test can hold them; that wait for luck; or that do
/// what belongs to the program the library lives in.
/// </summary>
internal static class BannedCallRule
{
    private static readonly string[] Everywhere =
        ["Thread.Sleep", "Task.Delay", "Thread.Abort", "Thread.Suspend", "Thread.Resume", "SpinWait.SpinUntil"];

    private static readonly string[] Product =
    [
        "Task.Run", "Task.Factory", "new Thread", "ThreadPool.QueueUserWorkItem", "ThreadPool.UnsafeQueueUserWorkItem",
        "new Timer", "Parallel.*", "DateTime.Now", "DateTime.UtcNow", "DateTime.Today", "DateTimeOffset.Now",
        "DateTimeOffset.UtcNow", "Random.Shared", "new Random", "Environment.FailFast", "GC.Collect",
    ];

    private static readonly string[] Library = ["Console.*", "Environment.Exit", "Process.Start"];

    /// <summary>What is allowed all the same: the file, the call, and why.</summary>
    public static IReadOnlyList<(string Path, string Call, string Reason)> Exceptions { get; } =
    [
        ("src/Concord/Scheduling/PoolRescue.cs", "ThreadPool.UnsafeQueueUserWorkItem",
            "what the one scheduler of real caches runs, which a simulation replaces"),
        ("src/Concord/Scheduling/PoolRescue.cs", "new Thread",
            "whoever watches the pool must not need it"),
        ("src/Concord/Scheduling/BlockingThreads.cs", "new Thread",
            "the threads of the one scheduler for calls that only block"),
        ("src/Concord/Caching/Views/PageFaultDispatcher.cs", "new Thread",
            "page faults are answered by threads of their own: those of the pool may all be waiting for pages"),
        ("src/Concord/Caching/WritingBack/ExitFlush.cs", "new Thread",
            "the end of the process must not wait for threads that stores which hang keep busy"),
        ("src/Concord/Interop/Diagnostic.cs", "new Thread",
            "a line before a signal must not wait for who waits for the page"),
        ("src/Concord/SystemCache/BlockingCall.cs", "Task.Run",
            "the system's flush only blocks; this is the one place that takes a thread for it"),
        ("src/Concord/SystemCache/BlockingCall.cs", "Parallel.For",
            "barriers of many files only block, and a journal makes several durable at once"),
        ("tests/Concord.Tests/Running/Patience.cs", "SpinWait.SpinUntil",
            "the one wait for another thread, with its limit"),
        ("benchmarks/Concord.Benchmarks/Workloads/PartnerThread.cs", "SpinWait.SpinUntil",
            "the partner of a measurement is woken and does nothing else; who measures sits beside it"),
        ("src/Concord.Cli/Files/FileWalk.cs", "GC.Collect",
            "a walk over any number of files keeps its memory flat, which the collector alone does not"),
        ("src/Concord.Cli/Rendering/ProgressView.cs", "Task.Factory", "the program draws while the work runs"),
        ("src/Concord/Stores/Remote/RetryPlan.cs", "Task.Delay",
            "the pause between two attempts, on the clock of the options"),
        ("src/Concord/Stores/Remote/RetryPlan.cs", "Random.Shared",
            "clients that failed together must not come back together"),
        ("benchmarks/Concord.Benchmarks/Workloads/SlowServer.cs", "Task.Delay",
            "how far away the server is, and how fast its line, is what is measured"),
        ("src/Concord.Testing/StoreConformance.Concurrency.cs", "Task.Run",
            "a check of concurrent calls brings its own threads"),
    ];

    public static IEnumerable<Finding> Check(HouseFile file)
    {
        string[] banned = [.. Everywhere, .. file.IsProduct ? Product : [], .. file.IsLibrary ? Library : []];
        return MemberUse.Find(file.Root, banned)
            .Where(use => !IsSeeded(use)
                && !Exceptions.Any(exception => exception.Path == file.Path && exception.Call == use.Name))
            .Select(use => file.At(use.Node, $"{use.Name} is banned here"));
    }

    // Chance with a seed can be repeated.
    private static bool IsSeeded(MemberUse use) =>
        use.Name == "new Random" && use.Node is BaseObjectCreationExpressionSyntax
        {
            ArgumentList.Arguments.Count: > 0,
        };
}
