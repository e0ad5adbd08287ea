using System.Text.Json.Serialization;
using Concord.Cli.Actions;
using Concord.Cli.Bench;
using Concord.Cli.Demonstration;
using Concord.Cli.Locking;
using Concord.Cli.Processor;
using Concord.Cli.Remote;
using Concord.Cli.Running;
using Concord.Cli.Snapshot;
using Concord.Cli.Status;
using Concord.Cli.Text;
using Concord.Cli.Tour;
using Concord.Cli.Watching;

namespace Concord.Cli.Json;

/// <summary>The types written as JSON, compiled ahead of time so that the start needs no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    GenerationMode = JsonSourceGenerationMode.Serialization)]
[JsonSerializable(typeof(FileStatus))]
[JsonSerializable(typeof(StatusTotals))]
[JsonSerializable(typeof(AskedRange))]
[JsonSerializable(typeof(SnapshotFile))]
[JsonSerializable(typeof(SnapshotTotals))]
[JsonSerializable(typeof(HeldFile))]
[JsonSerializable(typeof(HeldTotals))]
[JsonSerializable(typeof(WatchDocument))]
[JsonSerializable(typeof(LoadOutcome))]
[JsonSerializable(typeof(FlushOutcome))]
[JsonSerializable(typeof(LoadTotals))]
[JsonSerializable(typeof(FlushTotals))]
[JsonSerializable(typeof(Failure))]
[JsonSerializable(typeof(ErrorDocument))]
[JsonSerializable(typeof(RemoteOutcome))]
[JsonSerializable(typeof(RemoteTotals))]
[JsonSerializable(typeof(CatDocument))]
[JsonSerializable(typeof(TierDocument))]
[JsonSerializable(typeof(ProcessorDocument))]
[JsonSerializable(typeof(DemonstrationDocument))]
[JsonSerializable(typeof(BenchDocument))]
[JsonSerializable(typeof(TourDocument))]
internal sealed partial class JsonShapes : JsonSerializerContext;
