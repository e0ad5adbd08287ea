namespace Concord.Tests.Simulation;

/// <summary>
/// A log in a simulation: knows which number each value carries, and that none reaches the store before it is durable.
/// </summary>
internal sealed class SimLog(World world) : WriteAheadLog
{
    private readonly long[] _numberOf = new long[64];
    private long _last;
    private long _durable;
    private int _flushes;

    internal bool Fails { get; set; } = world.Random.Next(2) == 0;

    /// <summary>Logs a change that writes this value; returns its number.</summary>
    internal long Append(byte value) => _numberOf[value] = ++_last;

    /// <summary>What the store is given carries numbers that the log has already.</summary>
    internal void Check(IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        foreach (var piece in pieces)
        {
            foreach (byte value in piece.Span)
            {
                World.Rule(value >= _numberOf.Length || _numberOf[value] <= _durable,
                    $"value {value} carries {_numberOf[value]}, and the log is durable up to {_durable}");
            }
        }
    }

    public override async ValueTask FlushToAsync(long sequence, CancellationToken cancellationToken)
    {
        await world.Scheduler.YieldPointAsync();
        World.Rule(sequence <= _last, "only numbers that somebody gave are asked for");
        if (Fails && ++_flushes % 3 == 1) throw new IOException("planted: the log");
        _durable = Math.Max(_durable, sequence);
        await world.Scheduler.YieldPointAsync();
    }
}
