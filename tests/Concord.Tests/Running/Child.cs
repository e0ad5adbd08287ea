using System.Diagnostics;

namespace Concord.Tests.Running;

/// <summary>
/// Child processes of tests: this program again, started with <c>--child NAME ARG…</c>. A child talks to its test
/// by lines on its standard input and output, so that no test waits by sleeping.
/// </summary>
internal static class Child
{
    private static readonly Dictionary<string, Func<string[], int>> Programs = new()
    {
        ["echo"] = Echo,
        [WithoutCallsChild.Name] = WithoutCallsChild.Run,
        ["cache-hits"] = _ => Caching.HitTests.Child(),
        [Caching.StateCostTests.ChildName] = _ => Caching.StateCostTests.PrintState(),
        ["clean-flushes"] = _ => Caching.CleanFlushTests.Child(),
        [Caching.EvictorTests.ChildName] = _ => Caching.EvictorTests.Child(),
        ["default-capacity"] = _ => Caching.CapacityTests.PrintDefaultCapacity(),
        [Caching.KilledWriter.Name] = Caching.KilledWriter.Run,
        [Caching.KilledHandOver.Name] = Caching.KilledHandOver.Run,
        [Caching.LiteDbChild.Name] = Caching.LiteDbChild.Run,
        [Caching.ExitChild.Name] = Caching.ExitChild.Run,
        [Caching.DroppedCachesChild.Name] = Caching.DroppedCachesChild.Run,
        [Nt.C.ProvidedChild.Name] = Nt.C.ProvidedChild.Run,
        [Files.FileHolder.Name] = Files.FileHolder.Run,
        [Stores.NoRoomChild.Name] = Stores.NoRoomChild.Run,
        [Stores.FullPoolChild.Name] = Stores.FullPoolChild.Run,
        [Stores.Tiers.TierChild.Name] = Stores.Tiers.TierChild.Run,
        [Stores.DurableCalls.Name] = Stores.DurableCalls.Run,
        ["shared-memory-refused"] = _ => Stores.SharedMemoryStoreTests.PrintRefusals(),
        ["processor-choice"] = _ => Processor.ProcessorChildren.Choice(),
        ["processor-refused"] = _ => Processor.ProcessorChildren.Refused(),
        ["processor-silent"] = Processor.ProcessorChildren.Silent,
        ["view-section"] = Caching.Views.StoreChangeTests.ReadSection,
        ["view-as-nobody"] = _ => Caching.Views.SurroundingsTests.UseAsNobody(),
        ["view-refused"] = _ => Caching.Views.SurroundingsTests.UseWhereRefused(),
        [Interop.OlderKernel.Name] = Interop.OlderKernel.Run,
        [Caching.LimitedHost.Name] = Caching.LimitedHost.Run,
        [Caching.Views.ViewHost.Name] = Caching.Views.ViewHost.Run,
        ["view-poison"] = _ => Caching.Views.PoisonTests.TouchBadPage(),
        [Variants.FailingCallsChild.Name] = Variants.FailingCallsChild.Run,
        [Variants.PathsCommand.ChildName] = _ => Variants.PathsCommand.RunMarked(),
        ["system-cache-as-nobody"] = SystemCache.Children.AsNobodyChild.Run,
        ["system-cache-filtered"] = SystemCache.Children.FilteredChild.Run,
        ["system-cache-writer"] = SystemCache.Children.WriterChild.Run,
        ["system-cache-mapper"] = SystemCache.Children.MapperChild.Run,
        [SystemCache.SizeTests.ShortOfAddresses] = SystemCache.SizeTests.PurgeShortOfAddresses,
        [SystemCache.Children.FuseChild.Name] = SystemCache.Children.FuseChild.Run,
        ["temporary-folder"] = Measuring.TemporaryFolderTests.EndWithFolder,
        [SystemCache.Children.HeapChild.Name] = SystemCache.Children.HeapChild.Run,
    };

    public static int Run(string[] args) =>
        args is [var name, .. var rest] && Programs.TryGetValue(name, out var program)
            ? program(rest)
            : throw new ArgumentException($"no child program is called '{args.FirstOrDefault()}'");

    /// <summary>
    /// Starts the child program <paramref name="name"/> with its standard input and output connected.
    /// </summary>
    public static Process Start(string name, params string[] args) => Start([], name, args);

    /// <summary>The same, with the child's standard error stream connected too.</summary>
    public static Process StartWithErrors(string name, params string[] args)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add("--child");
        start.ArgumentList.Add(name);
        foreach (string arg in args) start.ArgumentList.Add(arg);
        return Process.Start(start)!;
    }

    /// <summary>The same with environment variables of its own.</summary>
    public static Process Start(Dictionary<string, string> environment, string name, params string[] args)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var (variable, value) in environment) start.Environment[variable] = value;
        start.ArgumentList.Add("--child");
        start.ArgumentList.Add(name);
        foreach (string arg in args) start.ArgumentList.Add(arg);
        return Process.Start(start)!;
    }

    private static int Echo(string[] args)
    {
        while (Console.ReadLine() is { } line) Console.WriteLine(line);
        return 0;
    }
}
