using System.Runtime.InteropServices;

namespace Concord.Nt.Native;

// What is declared in ntddk.h and wdm.h.
internal static unsafe partial class EntryPoints
{
    [UnmanagedCallersOnly]
    private static byte KeGetCurrentIrql() => Irql.Current.Level;

    [UnmanagedCallersOnly]
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

    [UnmanagedCallersOnly]
    private static void KeLowerIrql(byte newIrql)
    {
        LastError.Clear();
        byte present = Irql.Current.Level;
        if (newIrql <= present) Irql.Lower(newIrql);
        else LastError.Keep($"KeLowerIrql to {newIrql} would raise the level, which is {present}");
    }

    [UnmanagedCallersOnly]
    private static void KeInvalidateRangeAllCaches(void* baseAddress, uint length)
    {
        LastError.Clear();
        try
        {
            Ntddk.KeInvalidateRangeAllCaches(baseAddress, length);
        }
        catch (Exception error) when (LastError.Keep(error))
        {
            // Said by ConcordLastError; nothing was done.
            return;
        }
    }

    [UnmanagedCallersOnly]
    private static byte KeInvalidateAllCaches()
    {
        LastError.Clear();
        try
        {
#pragma warning disable CS0618 // Obsolete in the original too.
            return Ntddk.KeInvalidateAllCaches() ? (byte)1 : (byte)0;
#pragma warning restore CS0618
        }
        catch (Exception error) when (LastError.Keep(error))
        {
            return 0;
        }
    }
}
