using System.Diagnostics;

namespace Concord.Nt;

// Events: what CcUninitializeCacheMap signals.
public static unsafe partial class Ntddk
{
    /// <summary>Owns the state of every event, and wakes the threads that wait for one.</summary>
    private static readonly object EventGate = new();

    /// <summary>A monitor waits no longer than some weeks at a time; who wants to wait longer waits again.</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromDays(1);

    /// <summary>Makes an event of a piece of memory. (NT: KeInitializeEvent.)</summary>
    /// <param name="Event">The memory, which stays where it is while the event is in use.</param>
    /// <param name="Type">The threads that it releases.</param>
    /// <param name="State">Whether it is signalled at first.</param>
    /// <exception cref="NtStatusException">The type is not defined; the memory is as it was.</exception>
    /// <exception cref="NtPreconditionException">The same, and <see cref="NtChecks.IsEnabled"/>.</exception>
    /// <remarks>Does not block.</remarks>
    public static void KeInitializeEvent(KEVENT* Event, EVENT_TYPE Type, BOOLEAN State)
    {
        if (!Enum.IsDefined(Type))
        {
            throw NtCall.Broken(
                nameof(KeInitializeEvent), NTSTATUS.STATUS_INVALID_PARAMETER,
                "Type must be NotificationEvent or SynchronizationEvent");
        }

        *Event = default;
        Event->Type = (byte)Type;
        Event->Size = (byte)(sizeof(KEVENT) / sizeof(int));
        Event->SignalState = State ? 1 : 0;
    }

    /// <summary>Signals an event. (NT: KeSetEvent.)</summary>
    /// <param name="Event">The event.</param>
    /// <param name="Increment">Ignored.</param>
    /// <param name="Wait">Ignored.</param>
    /// <returns>Not 0 if it was signalled before.</returns>
    /// <remarks>Thread safe.</remarks>
    public static int KeSetEvent(KEVENT* Event, int Increment, BOOLEAN Wait)
    {
        lock (EventGate)
        {
            int before = Event->SignalState;
            Event->SignalState = 1;
            Monitor.PulseAll(EventGate);
            return before;
        }
    }

    /// <summary>Makes an event not signalled. (NT: KeClearEvent.) Does not block.</summary>
    /// <param name="Event">The event.</param>
    /// <remarks>At DISPATCH_LEVEL or lower. Thread safe.</remarks>
    public static void KeClearEvent(KEVENT* Event) => _ = KeResetEvent(Event);

    /// <summary>Makes an event not signalled, and tells what it was. (NT: KeResetEvent.) Does not block.</summary>
    /// <param name="Event">The event.</param>
    /// <returns>Not 0 if it was signalled before.</returns>
    /// <remarks>At DISPATCH_LEVEL or lower. Thread safe.</remarks>
    public static int KeResetEvent(KEVENT* Event)
    {
        lock (EventGate)
        {
            int before = Event->SignalState;
            Event->SignalState = 0;
            return before;
        }
    }

    /// <summary>Whether an event is signalled. (NT: KeReadStateEvent.) Does not block.</summary>
    /// <param name="Event">The event.</param>
    /// <returns>Not 0 if it is.</returns>
    public static int KeReadStateEvent(KEVENT* Event) => Volatile.Read(ref Event->SignalState);

    /// <summary>Waits until an event is signalled. (NT: KeWaitForSingleObject.)</summary>
    /// <param name="Object">The event; there are no other objects here.</param>
    /// <param name="WaitReason">Ignored.</param>
    /// <param name="WaitMode">Ignored.</param>
    /// <param name="Alertable">Ignored.</param>
    /// <param name="Timeout">Null, or how long to wait: below 0, so many times 100 ns.</param>
    /// <returns>STATUS_SUCCESS, or STATUS_TIMEOUT.</returns>
    /// <exception cref="InvalidOperationException">
    /// The thread runs above APC_LEVEL and may not wait; nothing happened.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The timeout is above 0, a time of day; nothing happened.
    /// </exception>
    /// <remarks>Blocks. Thread safe.</remarks>
    public static NTSTATUS KeWaitForSingleObject(void* Object, int WaitReason, byte WaitMode, BOOLEAN Alertable,
        LARGE_INTEGER* Timeout)
    {
        if (Irql.Current > Irql.ApcLevel) throw new InvalidOperationException("a thread above APC_LEVEL may not wait");
        long left = Timeout is null ? 0 : Timeout->QuadPart;
        if (left > 0) throw new ArgumentOutOfRangeException(nameof(Timeout), left, "must be relative, that is below 0");
        var limit = left == long.MinValue ? TimeSpan.MaxValue : TimeSpan.FromTicks(-left);
        long start = Stopwatch.GetTimestamp();
        var wanted = (KEVENT*)Object;
        lock (EventGate)
        {
            while (wanted->SignalState == 0)
            {
                // Every event wakes everybody, so what was waited already counts.
                var rest = limit - Stopwatch.GetElapsedTime(start);
                if (Timeout is null) Monitor.Wait(EventGate);
                else if (rest <= TimeSpan.Zero) return NTSTATUS.STATUS_TIMEOUT;
                else Monitor.Wait(EventGate, rest < WaitMax ? rest : WaitMax);
            }

            if (wanted->Type == (byte)EVENT_TYPE.SynchronizationEvent) wanted->SignalState = 0;
            return NTSTATUS.STATUS_SUCCESS;
        }
    }
}
