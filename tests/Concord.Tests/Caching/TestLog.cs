namespace Concord.Tests.Caching;

/// <summary>A log that remembers how far it was flushed, and fails when it is told to.</summary>
internal sealed class TestLog : WriteAheadLog
{
    internal bool Fails { get; set; }

    internal List<long> Flushes { get; } = [];

    internal long Durable { get; private set; }

    public override void FlushTo(long sequence)
    {
        if (Fails) throw new IOException("planted: the log");
        Flushes.Add(sequence);
        Durable = Math.Max(Durable, sequence);
    }
}
