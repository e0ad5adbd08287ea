using System.Runtime.InteropServices;

namespace Concord.Nt.Native;

// What is declared in ntddk.h and wdm.h.
internal static unsafe partial class EntryPoints
{
    [UnmanagedCallersOnly(EntryPoint = "concord_nt_KeGetCurrentIrql")]
    private static byte KeGetCurrentIrql() => Irql.Current.Level;

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_KeRaiseIrql")]
    private static void KeRaiseIrql(byte newIrql, byte* oldIrql)
    {
        LastError.Clear();
        try
        {
            byte old = Irql.Current.Level;
            Irql.Raise(new Irql(newIrql));
            if (oldIrql is not null) *oldIrql = old;
        }
        catch (Exception error) when (LastError.Keep(error))
        {
            // Said by ConcordLastError; the level is as before.
            return;
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_KeLowerIrql")]
    private static void KeLowerIrql(byte newIrql)
    {
        LastError.Clear();
        byte present = Irql.Current.Level;
        if (newIrql <= present) Irql.Lower(newIrql);
        else
            LastError.Keep(NTSTATUS.STATUS_INVALID_PARAMETER,
                $"KeLowerIrql to {newIrql} would raise the level, which is {present}");
    }

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_KeInvalidateRangeAllCaches")]
    private static void KeInvalidateRangeAllCaches(void* baseAddress, uint length)
    {
        LastError.Clear();
        try
        {
            Ntddk.KeInvalidateRangeAllCaches(baseAddress, length);
        }
        catch (Exception error) when (LastError.Keep(error, isWrongNow: NTSTATUS.STATUS_CANT_WAIT))
        {
            // Said by ConcordLastError; nothing was done.
            return;
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_KeInvalidateAllCaches")]
    private static BOOLEAN KeInvalidateAllCaches()
    {
        LastError.Clear();
        try
        {
#pragma warning disable CS0618 // Obsolete in the original too.
            return Ntddk.KeInvalidateAllCaches();
#pragma warning restore CS0618
        }
        catch (Exception error) when (LastError.Keep(error, isWrongNow: NTSTATUS.STATUS_CANT_WAIT))
        {
            return BOOLEAN.FALSE;
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_KeFlushIoBuffers")]
    private static void KeFlushIoBuffers(MDL* mdl, BOOLEAN readOperation, BOOLEAN dmaOperation)
    {
        LastError.Clear();
        try
        {
            NtCall.RequirePointer(nameof(KeFlushIoBuffers), mdl, "Mdl");
            Ntddk.KeFlushIoBuffers(mdl, readOperation, dmaOperation);
        }
        catch (Exception error) when (LastError.Keep(error, isWrongNow: NTSTATUS.STATUS_CANT_WAIT))
        {
            // Said by ConcordLastError; nothing was done.
            return;
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_KeInitializeEvent")]
    private static void KeInitializeEvent(KEVENT* @event, EVENT_TYPE type, BOOLEAN state) => NativeCall.Run(() =>
    {
        NtCall.RequirePointer(nameof(KeInitializeEvent), @event, "Event");
        Ntddk.KeInitializeEvent(@event, type, state);
    });

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_KeSetEvent")]
    private static int KeSetEvent(KEVENT* @event, int increment, BOOLEAN wait) => NativeCall.Run(() =>
    {
        NtCall.RequirePointer(nameof(KeSetEvent), @event, "Event");
        return Ntddk.KeSetEvent(@event, increment, wait);
    });

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_KeReadStateEvent")]
    private static int KeReadStateEvent(KEVENT* @event) => NativeCall.RunOn(@event, static at =>
    {
        NtCall.RequirePointer(nameof(KeReadStateEvent), (void*)at, "Event");
        return Ntddk.KeReadStateEvent((KEVENT*)at);
    });

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_KeWaitForSingleObject")]
    private static NTSTATUS KeWaitForSingleObject(void* @object, int waitReason, byte waitMode, BOOLEAN alertable,
        LARGE_INTEGER* timeout) =>
        NativeCall.Status(
            () =>
            {
                NtCall.RequirePointer(nameof(KeWaitForSingleObject), @object, "Object");
                return Ntddk.KeWaitForSingleObject(@object, waitReason, waitMode, alertable, timeout);
            },
            isWrongNow: NTSTATUS.STATUS_CANT_WAIT);
}
