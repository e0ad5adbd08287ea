namespace Concord.Tests.Simulation;

/// <summary>A rule did not hold in a simulated run; the message carries what is needed to see it again.</summary>
internal sealed class SimulationException(string message) : Exception(message);
