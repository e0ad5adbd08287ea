using System.Runtime.CompilerServices;
using Concord.Scheduling;

namespace Concord.Tests.Simulation;

/// <summary>
/// Runs a whole cache on one thread: at every lock, await and queue point a seed chooses who goes on, and time
/// passes only when nobody else can. The same seed gives the same trace, to the last step.
/// </summary>
internal sealed class SimScheduler(int seed) : CacheScheduler
{
    private readonly Random _random = new(seed);
    private readonly List<Action> _ready = [];
    private readonly SimTime _time = new();
    private ulong _hash = 14695981039346656037;

    internal override TimeProvider Time => _time;

    /// <summary>How many timers are running.</summary>
    internal int Timers => _time.Timers;

    /// <summary>The fault planted in the cache, for the tests of the tests.</summary>
    internal InjectedFault Planted { get; init; }

    /// <summary>Looks at the cache between two steps, when nobody is in the middle of a change.</summary>
    internal Action? AfterStep { get; set; }

    /// <summary>Who ran when, in one number.</summary>
    internal ulong TraceHash => _hash;

    internal long Steps { get; private set; }

    internal override bool InjectsFault(InjectedFault fault) => fault == Planted;

    internal override void Post(Action continuation) => _ready.Add(continuation);

    internal override async ValueTask YieldPointAsync() => await new Turn(this);

    /// <summary>Runs tasks to their end, in the order the seed gives.</summary>
    /// <param name="stepsMax">So many steps are a hang.</param>
    /// <param name="bodies">The tasks.</param>
    internal void Run(int stepsMax, params Func<Task>[] bodies)
    {
        var tasks = new Task[bodies.Length];
        for (int i = 0; i < bodies.Length; i++)
        {
            int mine = i;
            Post(() => tasks[mine] = bodies[mine]());
        }

        while (!Array.TrueForAll(tasks, static task => task is { IsCompleted: true }))
        {
            if (_ready.Count == 0 && !_time.AdvanceToNext())
                throw new SimulationException("deadlock: nobody can go on");
            if (_ready.Count == 0) continue;
            if (++Steps > stepsMax) throw new SimulationException($"no end after {stepsMax} steps");
            int next = _random.Next(_ready.Count);
            Mix((ulong)next);
            Mix((ulong)_ready.Count);
            var action = _ready[next];
            _ready[next] = _ready[^1];
            _ready.RemoveAt(_ready.Count - 1);
            action();

            // Who waits for a task that failed would only look like a deadlock.
            if (Array.Find(tasks, static task => task is { IsFaulted: true }) is { } failed)
                failed.GetAwaiter().GetResult();
            AfterStep?.Invoke();
        }

        foreach (var task in tasks) task.GetAwaiter().GetResult();
    }

    internal void Mix(ulong value) => _hash = (_hash ^ value) * 1099511628211;

    private readonly struct Turn(SimScheduler scheduler) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public Turn GetAwaiter() => this;

        public void GetResult()
        {
            // A turn has no result.
        }

        public void OnCompleted(Action continuation) => scheduler.Post(continuation);

        public void UnsafeOnCompleted(Action continuation) => scheduler.Post(continuation);
    }
}
