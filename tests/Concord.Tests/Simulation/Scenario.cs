namespace Concord.Tests.Simulation;

/// <summary>Two or three tasks on one world, to be run in many orders.</summary>
/// <param name="Name">What happens at once, as a sentence.</param>
/// <param name="Options">What the world begins with.</param>
/// <param name="Play">Runs the tasks; the end of the run and its checks follow.</param>
internal sealed record Scenario(string Name, WorldOptions Options, Action<World> Play)
{
    /// <summary>Runs one order of the tasks.</summary>
    /// <exception cref="SimulationException">
    /// A rule did not hold; the message says how to run this order alone.
    /// </exception>
    internal World Execute(int seed, WorldOptions? options = null)
    {
        try
        {
            var world = new World(seed, options ?? Options);
            Play(world);
            world.Finish();
            return world;
        }
        catch (Exception error)
        {
            throw new SimulationException($"'{Name}', seed {seed} (again: {SimSeeds.Variable}={seed}): {error}");
        }
    }

    public override string ToString() => Name;
}
