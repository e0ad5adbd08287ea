using System.Diagnostics;
using Perfolizer.Horology;

namespace Concord.BenchmarkDotNet.Engine;

/// <summary>
/// The stopwatch's clock, less the time between <see cref="Pause"/> and <see cref="Resume"/>. One thread uses it:
/// the one that runs the benchmark.
/// </summary>
internal sealed class PausableClock : IClock
{
    private long _pausedAt;
    private long _pausedTicks;

    public string Title => "Stopwatch without pauses";

    public bool IsAvailable => true;

    public Frequency Frequency { get; } = new(Stopwatch.Frequency);

    public long GetTimestamp() => Stopwatch.GetTimestamp() - _pausedTicks;

    public void Pause() => _pausedAt = Stopwatch.GetTimestamp();

    public void Resume() => _pausedTicks += Stopwatch.GetTimestamp() - _pausedAt;
}
