using System.Runtime.CompilerServices;

namespace Concord.Nt.Native;

/// <summary>
/// How an entry point runs its routine: nothing leaves it, and what was thrown is kept as the thread's last error.
/// Allocates a little; the routines that promise not to have their own try and catch.
/// </summary>
internal static unsafe class NativeCall
{
    /// <summary>Runs a routine that has no result: what it raises has no effect but to be kept.</summary>
    internal static void Run(Action routine)
    {
        LastError.Clear();
        try
        {
            routine();
        }
        catch (Exception error) when (LastError.Keep(error))
        {
            return;
        }
    }

    /// <summary>
    /// Runs a routine on a structure that has to be there; what it raises is 0 or FALSE. With a lambda that catches
    /// nothing it does not allocate.
    /// </summary>
    internal static T RunOn<T>(void* structure, Func<nint, T> routine)
        where T : unmanaged
    {
        LastError.Clear();
        try
        {
            return routine((nint)structure);
        }
        catch (Exception error) when (LastError.Keep(error))
        {
            return default;
        }
    }

    /// <summary>Runs a routine on a structure, with leave to wait or not.</summary>
    internal static BOOLEAN RunOn(void* structure, BOOLEAN wait, Func<nint, BOOLEAN, BOOLEAN> routine)
    {
        LastError.Clear();
        try
        {
            return routine((nint)structure, wait);
        }
        catch (Exception error) when (LastError.Keep(error))
        {
            return BOOLEAN.FALSE;
        }
    }

    /// <summary>Runs a routine that has a result; what it raises is 0, FALSE or NULL.</summary>
    internal static T Run<T>(Func<T> routine, NTSTATUS? isWrongNow = null)
        where T : unmanaged
    {
        LastError.Clear();
        try
        {
            return routine();
        }
        catch (Exception error) when (LastError.Keep(error, isWrongNow))
        {
            return default;
        }
    }

    /// <summary>Runs a routine that tells how it went by a status block; what it raises is told there.</summary>
    internal static void RunTelling(IO_STATUS_BLOCK* ioStatus, Action routine)
    {
        var status = Status(routine);
        if (status != NTSTATUS.STATUS_SUCCESS && ioStatus is not null)
            *ioStatus = new IO_STATUS_BLOCK { Status = status };
    }

    /// <summary>Runs what has no result but how it went.</summary>
    /// <param name="routine">What to run.</param>
    /// <param name="isWrongNow">What it means when it says that this is not the moment for it.</param>
    internal static NTSTATUS Status(Action routine, NTSTATUS? isWrongNow = null) => Status(
        () =>
        {
            routine();
            return NTSTATUS.STATUS_SUCCESS;
        },
        isWrongNow);

    /// <summary>Runs a routine that returns a status; what it raises is returned as well, and no error is without a
    /// reason.</summary>
    /// <param name="routine">The routine.</param>
    /// <param name="isWrongNow">What it means when it says that this is not the moment for it.</param>
    /// <param name="name">The routine's name: its entry point's.</param>
    internal static NTSTATUS Status(
        Func<NTSTATUS> routine, NTSTATUS? isWrongNow = null, [CallerMemberName] string name = "")
    {
        LastError.Clear();
        try
        {
            var status = routine();
            bool isUntold = !Ntifs.NT_SUCCESS(status) && LastError.Status == NTSTATUS.STATUS_SUCCESS;
            if (isUntold) LastError.Keep(status, $"{name} returns {status}");
            if (status == NTSTATUS.STATUS_INVALID_PARAMETER) LastError.TellBrokenRule();
            return status;
        }
        catch (Exception error) when (LastError.Keep(error, isWrongNow))
        {
            return LastError.Status;
        }
    }
}
