using System.Runtime.InteropServices;

namespace Concord.Tests.Caching.Linearizability;

/// <summary>
/// Threads that read and write the same few places of a file in rounds, while another flushes, purges and evicts; the
/// history of each place is checked after each round.
/// </summary>
internal sealed class HistoryRun : IDisposable
{
    private const int Actors = 3, OperationsPerRound = 36, NoisePages = 60;

    private readonly int _placeBytes;
    private readonly long[] _places;
    private readonly Lock[]? _placeGates;
    private readonly CachedFile _file;
    private readonly CachedFile _noise;
    private readonly FileCache _cache;
    private readonly List<RegisterOperation>[] _histories;
    private readonly long[] _initial;
    private long _moment;
    private long _lastValue;
    private volatile Exception? _failure;

    /// <param name="placeBytes">Bytes of a place.</param>
    /// <param name="places">Where the places are.</param>
    /// <param name="overlaps">
    /// Whether operations on one place may overlap in time; whole pages are only compared where they do not.
    /// </param>
    internal HistoryRun(int placeBytes, long[] places, bool overlaps)
    {
        _placeBytes = placeBytes;
        _places = places;
        _placeGates = overlaps ? null : [.. places.Select(static _ => new Lock())];
        _cache = new FileCache(new FileCacheOptions
        {
            // So little that reading the other file takes pages of this one away all the time.
            CapacityBytes = 24 * Pages.Bytes,
            LazyWriterInterval = TimeSpan.FromMilliseconds(5),
        });
        _file = _cache.Open(new ScriptedStore(new byte[places.Max() + placeBytes]) { IsLogging = false });
        _noise = _cache.Open(new ScriptedStore(new byte[NoisePages * Pages.Bytes]) { IsLogging = false });
        _histories = [.. places.Select(static _ => new List<RegisterOperation>())];
        _initial = new long[places.Length];
    }

    /// <summary>What a read is said to have read; a test of the test lies here.</summary>
    internal Func<long, long> Retell { get; set; } = static value => value;

    /// <summary>Plays rounds; returns the first history that is not linearizable, or null.</summary>
    internal string? Play(int rounds, int seed)
    {
        string? violation = null;
        using var barrier = new Barrier(Actors + 1, _ => violation ??= CheckRound());
        var threads = Enumerable.Range(0, Actors)
            .Select(number => new Thread(() => PlayRounds(barrier, rounds, new Random((seed * 100) + number), Act)))
            .Append(new Thread(() => PlayRounds(barrier, rounds, new Random(seed), Disturb))).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        if (_failure is { } failure) throw new InvalidOperationException($"seed {seed}: {failure}", failure);
        return violation is null ? null : $"seed {seed}: {violation}";
    }

    public void Dispose() => _cache.Dispose();

    private void PlayRounds(Barrier barrier, int rounds, Random random, Action<Random> act)
    {
        for (int round = 0; round < rounds; round++)
        {
            try
            {
                for (int i = 0; i < OperationsPerRound && _failure is null; i++) act(random);
            }
            catch (Exception error)
            {
                _failure ??= error;
            }

            barrier.SignalAndWait();
        }
    }

    private void Act(Random random)
    {
        int place = random.Next(_places.Length);
        if (_placeGates is null)
        {
            Operate(place, random);
            return;
        }

        lock (_placeGates[place]) Operate(place, random);
    }

    private void Operate(int place, Random random)
    {
        int kind = random.Next(20);
        long value = kind < 10 ? 0 : Interlocked.Increment(ref _lastValue);
        byte[] bytes = Fill(value);
        long begin = Interlocked.Increment(ref _moment);
        bool isDone = true;
        switch (kind)
        {
            case < 7: _file.Read(_places[place], bytes); break;
            case < 9: isDone = _file.TryRead(_places[place], bytes, out _); break;
            case < 10: _file.ReadUncached(_places[place], bytes); break;
            case < 17: _file.Write(_places[place], bytes); break;
            case < 19: isDone = _file.TryWrite(_places[place], bytes); break;
            default: _file.WriteUncached(_places[place], bytes); break;
        }

        long end = Interlocked.Increment(ref _moment);
        if (!isDone) return;
        if (kind < 10) value = Retell(Tell(bytes));
        lock (_histories[place]) _histories[place].Add(new RegisterOperation(kind >= 10, value, begin, end));
    }

    private void Disturb(Random random)
    {
        long place = _places[random.Next(_places.Length)];
        switch (random.Next(8))
        {
            case 0: _file.FlushAndPurge(new ByteRange(place, _placeBytes)); break;
            case 1: _file.FlushAndPurge(); break;
            case 2: _file.FlushAndPurge(new ByteRange(place, _placeBytes), CoherencyOptions.NoPurge); break;
            case 3: _cache.Services.Evictor.Sweep(16); break;
            default: _noise.Read(random.Next(NoisePages) * Pages.Bytes, new byte[3 * Pages.Bytes]); break;
        }
    }

    /// <summary>Between two rounds: what each place holds now ends its history, and begins the next.</summary>
    private string? CheckRound()
    {
        string? violation = null;
        for (int place = 0; place < _places.Length; place++)
        {
            byte[] bytes = new byte[_placeBytes];
            _file.Read(_places[place], bytes);
            long now = Tell(bytes);
            _histories[place].Add(new RegisterOperation(IsWrite: false, now, ++_moment, ++_moment));
            if (!RegisterChecker.IsLinearizable(_initial[place], _histories[place]))
            {
                violation ??= $"place at {_places[place]}, first {_initial[place]}: "
                    + $"{string.Join("; ", _histories[place].OrderBy(static o => o.Begin))}";
            }

            _initial[place] = now;
            _histories[place].Clear();
        }

        return violation;
    }

    private byte[] Fill(long value)
    {
        byte[] bytes = new byte[_placeBytes];
        MemoryMarshal.Cast<byte, long>(bytes).Fill(value);
        return bytes;
    }

    /// <summary>The value of a place; a mixture of two is a value that nobody wrote.</summary>
    private static long Tell(byte[] bytes)
    {
        var words = MemoryMarshal.Cast<byte, long>(bytes);
        return words.IndexOfAnyExcept(words[0]) < 0 ? words[0] : -1;
    }
}
