using System.Globalization;
using System.Text;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Tests.Simulation;

/// <summary>What one actor does next.</summary>
internal enum ModelKind
{
    Write,
    Read,
    Purge,
    Flush,
    LeaseForReading,
    LeaseForWriting,
    WriteUncached,
    ReadUncached,
    Resize,

    /// <summary>Another program appends to the store.</summary>
    AppendOutside,

    /// <summary>Another program cuts the store.</summary>
    CutOutside,
}

/// <summary>One operation of a model run. What does not fit the file as it is then is clipped to it.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Actor">Who does it.</param>
/// <param name="Offset">Where it begins; the new length for a resize.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="Value">The seed of what is written; odd leases purge meanwhile.</param>
internal readonly record struct ModelOperation(ModelKind Kind, int Actor, int Offset, int Length, int Value);

/// <summary>A call of the store that fails: the so-manieth of all.</summary>
internal readonly record struct ModelFault(int Call);

/// <summary>
/// All that a model run depends on, drawn up before it begins, so that it can be run again with less.
/// </summary>
internal sealed record ModelPlan
{
    private const int FilePages = 48;

    /// <summary>
    /// Every fourth file has so many extents, whatever an extent is; the others are small, so that ranges meet.
    /// </summary>
    private const int FileExtents = 4;

    /// <summary>An actor's stripes share pages with the others'.</summary>
    internal const int StripeBytes = 1500;

    /// <summary>A fault fails about one call in so many.</summary>
    private const int CallsPerFault = 12;

    internal required int Seed { get; init; }

    internal required int Actors { get; init; }

    internal bool Shared { get; init; }

    internal required int Length { get; init; }

    internal required int CapacityPages { get; init; }

    internal required IReadOnlyList<ModelOperation> Operations { get; init; }

    internal IReadOnlyList<ModelFault> Faults { get; init; } = [];

    /// <summary>Whether the store loses at a failed barrier what no good one covers.</summary>
    internal bool Loses { get; init; }

    internal InjectedFault Planted { get; init; }

    /// <summary>
    /// The same on a store that loses at a failed barrier what it had accepted. Nothing is written uncached: what is
    /// lost of that is told, and nobody has it any more.
    /// </summary>
    internal ModelPlan OnLossyStore() => this with { Loses = true, Operations = [.. Operations.Select(Cached)] };

    /// <summary>
    /// The same beside another program that appends to the file and cuts it: one operation in so many.
    /// </summary>
    internal ModelPlan BesideOutsider(int every) => this with
    {
        Operations = [.. Operations.Select(it => it.Value % every == 0 ? Outside(it) : it)],
    };

    private static ModelOperation Outside(ModelOperation operation) => operation with
    {
        Kind = operation.Value % 2 == 0 ? ModelKind.AppendOutside : ModelKind.CutOutside,
        Offset = operation.Offset & int.MaxValue,
    };

    private static ModelOperation Cached(ModelOperation operation) =>
        operation.Kind == ModelKind.WriteUncached ? operation with { Kind = ModelKind.Write } : operation;

    internal static ModelPlan Draw(int seed, int actors, int operations, bool shared, bool withFaults = false)
    {
        var random = new Random(seed);
        int fileBytes = FileBytesOf(seed);
        int length = random.Next(1, fileBytes);
        int capacity = random.Next(16, 257);
        var drawn = new List<ModelOperation>(operations * actors);
        for (int i = 0; i < operations; i++)
        {
            for (int actor = 0; actor < actors; actor++) drawn.Add(Draw(random, actor, actors, length, fileBytes));
        }

        var faults = new List<ModelFault>();
        for (int call = 1; withFaults && call < drawn.Count * 2; call++)
        {
            if (random.Next(CallsPerFault) == 0) faults.Add(new ModelFault(call));
        }

        return new ModelPlan
        {
            Seed = seed,
            Actors = actors,
            Shared = shared,
            Length = length,
            CapacityPages = capacity,
            Operations = drawn,
            Faults = faults,
        };
    }

    /// <summary>The plan as a test that can be put into a file and run.</summary>
    internal string ToCSharp()
    {
        var text = new StringBuilder();
        void Line(string line) => text.Append(line).Append('\n');
        Line("[Fact]");
        Line($"public void Seed_{Seed}_shrunk() => ModelRun.Execute(new ModelPlan");
        Line("{");
        Line(Format($"    Seed = {Seed}, Actors = {Actors}, Shared = {(Shared ? "true" : "false")},"));
        Line(Format($"    Length = {Length}, CapacityPages = {CapacityPages},"));
        if (Loses) Line("    Loses = true,");
        if (Planted != InjectedFault.None) Line($"    Planted = InjectedFault.{Planted},");
        if (Faults.Count > 0)
            Line($"    Faults = [{string.Join(", ", Faults.Select(static fault => Format($"new({fault.Call})")))}],");
        Line("    Operations =");
        Line("    [");
        foreach (var it in Operations)
            Line(Format($"        new(ModelKind.{it.Kind}, {it.Actor}, {it.Offset}, {it.Length}, {it.Value}),"));
        Line("    ],");
        Line("});");
        return text.ToString();
    }

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static int FileBytesOf(int seed) =>
        seed % 4 == 3 ? FileExtents * PageGeometry.ExtentBytes : FilePages * PageGeometry.PageBytes;

    private static ModelOperation Draw(Random random, int actor, int actors, int length, int fileBytes)
    {
        var kind = random.Next(100) switch
        {
            < 40 => ModelKind.Write,
            < 75 => ModelKind.Read,
            < 80 => ModelKind.Purge,
            < 84 => ModelKind.Flush,
            < 86 => ModelKind.LeaseForReading,
            < 89 => ModelKind.LeaseForWriting,
            < 93 => ModelKind.WriteUncached,
            < 96 => ModelKind.ReadUncached,
            _ => actors == 1 ? ModelKind.Resize : ModelKind.Read,
        };
        int value = random.Next();
        if (kind is ModelKind.Purge or ModelKind.Flush)
        {
            return new ModelOperation(kind, actor, random.Next(3) == 0 ? -1 : random.Next(length + 5000),
                random.Next(60_000), value);
        }

        if (actors == 1)
        {
            int offset = random.Next(fileBytes);
            return new ModelOperation(kind, actor, offset, random.Next(random.Next(4) == 0 ? 40_000 : 6000), value);
        }

        int stripes = Math.Max(1, length / (StripeBytes * actors));
        int start = (random.Next(stripes) * actors + actor) * StripeBytes;
        int inside = random.Next(StripeBytes);
        return new ModelOperation(kind, actor, start + inside, random.Next(StripeBytes - inside), value);
    }
}
