namespace Concord.Tests.Simulation;

/// <summary>
/// Makes a plan that fails smaller while it still fails: fewer operations, fewer faults, shorter ranges.
/// </summary>
internal static class Shrinker
{
    /// <summary>So many runs are enough; what is left is small by then.</summary>
    private const int RunsMax = 3000;

    /// <summary>Runs a plan, and shrinks it if it fails.</summary>
    /// <exception cref="SimulationException">It fails; the message has the shrunk plan as a test.</exception>
    internal static void Execute(ModelPlan plan)
    {
        try
        {
            ModelRun.Execute(plan);
        }
        catch (SimulationException error)
        {
            var shrunk = Shrink(plan, Fails);
            throw new SimulationException($"{error.Message}\n\nShrunk to {shrunk.Operations.Count} operations and "
                + $"{shrunk.Faults.Count} faults:\n\n{shrunk.ToCSharp()}");
        }
    }

    /// <summary>Whether a plan fails, in whatever way.</summary>
    internal static bool Fails(ModelPlan plan)
    {
        try
        {
            ModelRun.Execute(plan);
            return false;
        }
        catch (SimulationException)
        {
            return true;
        }
    }

    internal static ModelPlan Shrink(ModelPlan plan, Func<ModelPlan, bool> fails)
    {
        int runs = 0;
        bool Try(ModelPlan smaller) => ++runs <= RunsMax && fails(smaller);
        while (runs < RunsMax)
        {
            var before = plan;
            plan = Drop(plan, plan.Operations, static (it, left) => it with { Operations = left }, Try);
            plan = Drop(plan, plan.Faults, static (it, left) => it with { Faults = left }, Try);
            plan = Shorten(plan, Try);
            if (ReferenceEquals(plan, before)) return plan;
        }

        return plan;
    }

    /// <summary>Leaves parts of a list out: halves first, then smaller parts, down to single ones.</summary>
    private static ModelPlan Drop<T>(
        ModelPlan plan, IReadOnlyList<T> list, Func<ModelPlan, IReadOnlyList<T>, ModelPlan> with,
        Func<ModelPlan, bool> fails)
    {
        for (int part = Math.Max(1, list.Count / 2); part > 0; part /= 2)
        {
            for (int from = 0; from < list.Count;)
            {
                T[] left = [.. list.Take(from), .. list.Skip(from + part)];
                var smaller = with(plan, left);
                if (left.Length < list.Count && fails(smaller)) (plan, list) = (smaller, left);
                else from += part;
            }
        }

        return plan;
    }

    private static ModelPlan Shorten(ModelPlan plan, Func<ModelPlan, bool> fails)
    {
        for (int i = 0; i < plan.Operations.Count; i++)
        {
            while (plan.Operations[i].Length > 1)
            {
                ModelOperation[] shorter = [.. plan.Operations];
                shorter[i] = shorter[i] with { Length = shorter[i].Length / 2 };
                var smaller = plan with { Operations = shorter };
                if (!fails(smaller)) break;
                plan = smaller;
            }
        }

        return plan;
    }
}
