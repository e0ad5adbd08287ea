using System.CommandLine;
using Concord.Cli.Running;

namespace Concord.Cli.Commands;

/// <summary>The commands by their names.</summary>
internal static class CommandTable
{
    /// <summary>What a command that takes paths does without any option; null for other commands.</summary>
    internal static Func<Run, string[], int>? Find(string name) => name switch
    {
        StatusCommand.Name => StatusCommand.Execute,
        LoadCommand.Name => LoadCommand.Execute,
        FlushCommand.Name => FlushCommand.Execute,
        PurgeCommand.Name => PurgeCommand.Execute,
        _ => null,
    };

    internal static Command? Create(string name, Output output) => name switch
    {
        StatusCommand.Name => StatusCommand.Create(output),
        LoadCommand.Name => LoadCommand.Create(output),
        FlushCommand.Name => FlushCommand.Create(output),
        PurgeCommand.Name => PurgeCommand.Create(output),
        CatCommand.Name => CatCommand.Create(output),
        TierCommand.Name => TierCommand.Create(output),
        SnapshotCommand.Name => SnapshotCommand.Create(output),
        LockCommand.Name => LockCommand.Create(output),
        WatchCommand.Name => WatchCommand.Create(output),
        CpuCommand.Name => CpuCommand.Create(output),
        TourCommand.Name => TourCommand.Create(output),
        BenchCommand.Name => BenchCommand.Create(output),
        LockDaemonCommand.Name => LockDaemonCommand.Create(output),
        CompletionCommand.Name => CompletionCommand.Create(output),
        ManualCommand.Name => ManualCommand.Create(output),
        MapCommand.Name => MapCommand.Create(output),
        TourWriterCommand.Name => TourWriterCommand.Create(output),
        _ => null,
    };

    /// <summary>The whole program, for help, completion, errors, and the demonstration.</summary>
    internal static RootCommand CreateRoot(Output output)
    {
        var root = new RootCommand(
            "Shows, loads, flushes and purges what the operating system and the processors keep in their caches, and "
                + "shows Concord's own. "
            + "Without a command: a demonstration, about five seconds long.")
        {
            StatusCommand.Create(output),
            LoadCommand.Create(output),
            FlushCommand.Create(output),
            PurgeCommand.Create(output),
            CatCommand.Create(output),
            TierCommand.Create(output),
            SnapshotCommand.Create(output),
            LockCommand.Create(output),
            WatchCommand.Create(output),
            CpuCommand.Create(output),
            TourCommand.Create(output),
            BenchCommand.Create(output),
            CompletionCommand.Create(output),
            ManualCommand.Create(output),
            LockDaemonCommand.Create(output),
            MapCommand.Create(output),
            TourWriterCommand.Create(output),
        };
        root.Directives.Clear();
        DemonstrationCommand.Attach(root, output);
        return root;
    }
}
