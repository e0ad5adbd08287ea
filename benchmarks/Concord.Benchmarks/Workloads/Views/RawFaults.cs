using System.Runtime.InteropServices;
using Concord.Interop.Linux;
using Calls = Concord.Benchmarks.Interop.Libc;

namespace Concord.Benchmarks.Workloads;

/// <summary>
/// A descriptor for page faults (Linux: userfaultfd) as rivals use it: each member is the system's own call.
/// </summary>
internal sealed unsafe class RawFaults : IDisposable
{
    private const int OpenNonBlocking = 0x800;

    private readonly FileDescriptor _descriptor;

    /// <param name="features">What it needs of <see cref="UserFaultCalls"/>.</param>
    public RawFaults(ulong features)
    {
        using var device = Libc.Open("/dev/userfaultfd", Libc.OpenReadWrite | Libc.OpenCloseOnExec);
        int number = device.IsInvalid
            ? -1 : Libc.Ioctl(device, UserFaultCalls.New, (nint)(Libc.OpenCloseOnExec | OpenNonBlocking));
        if (number < 0) throw Libc.LastError("open /dev/userfaultfd for a rival");
        _descriptor = new FileDescriptor(number);
        var agreed = new UserFaultCalls.ApiArguments { Version = UserFaultCalls.ApiVersion, Features = features };
        Call(UserFaultCalls.Api, &agreed, "agree on features");
    }

    /// <summary>Whether a rival can have one here.</summary>
    public static bool IsPermitted { get; } = CanOpen();

    public void Register(nint start, long length, ulong mode)
    {
        var arguments = new UserFaultCalls.ModeArguments { Start = start, Length = (nint)length, Mode = mode };
        Call(UserFaultCalls.Register, &arguments, "register a range");
    }

    public void Protect(nint start, long length)
    {
        var arguments = new UserFaultCalls.ModeArguments
        {
            Start = start,
            Length = (nint)length,
            Mode = UserFaultCalls.ProtectOn,
        };
        Call(UserFaultCalls.Protect, &arguments, "protect a range");
    }

    /// <summary>Puts absent pages in place, and wakes who waits for them.</summary>
    public void Copy(nint start, nint source, nint length)
    {
        var arguments = new UserFaultCalls.CopyArguments { Destination = start, Source = source, Length = length };
        Call(UserFaultCalls.Copy, &arguments, "put a page in place");
    }

    /// <summary>Waits for a fault, at most so long.</summary>
    /// <returns>Its page, or 0.</returns>
    public nint Next(int milliseconds)
    {
        var waiting = new Calls.PollEntry { Descriptor = (int)_descriptor.DangerousGetHandle(), Events = Calls.PollIn };
        if (Calls.Poll(&waiting, 1, milliseconds) <= 0) return 0;
        UserFaultCalls.Message message;
        nint read = Libc.Read(_descriptor, &message, (nuint)sizeof(UserFaultCalls.Message));
        return read == sizeof(UserFaultCalls.Message) && message.Event == UserFaultCalls.EventFault
            ? message.Address & -RandomPages.PageBytes : 0;
    }

    public void Dispose() => _descriptor.Dispose();

    private static bool CanOpen()
    {
        if (!OperatingSystem.IsLinux()) return false;
        using var device = Libc.Open("/dev/userfaultfd", Libc.OpenReadWrite | Libc.OpenCloseOnExec);
        return !device.IsInvalid;
    }

    private void Call(nuint request, void* arguments, string action)
    {
        while (Libc.Ioctl(_descriptor, request, arguments) != 0)
        {
            if (Marshal.GetLastPInvokeError() != ErrorNumber.TryAgain) throw Libc.LastError(action);
        }
    }
}
