using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

/// <summary>
/// A userfaultfd: it reports page faults of registered ranges as messages, and calls answer them. An unexpected refusal
/// by the kernel is an exception.
/// </summary>
internal sealed unsafe class UserFault
{
    private const ulong Needed = UserFaultCalls.MissingSharedFeature;
    private const ulong Tracking = UserFaultCalls.FaultFlagFeature | UserFaultCalls.MinorSharedFeature
        | UserFaultCalls.ProtectSharedFeature;

    private readonly FileDescriptor _descriptor;

    private UserFault(FileDescriptor descriptor, UserFaultForm form, ulong features)
    {
        _descriptor = descriptor;
        Form = form;
        Features = features;
    }

    internal UserFaultForm Form { get; }

    internal ulong Features { get; }

    /// <summary>Whether writes can be tracked at all (Linux 5.19).</summary>
    internal bool CanTrack => (Features & Tracking) == Tracking;

    /// <summary>Whether the kernel lets a first write pass and remembers it (Linux 6.7).</summary>
    internal bool IsAsync => (Features & UserFaultCalls.ProtectAsyncFeature) != 0;

    internal bool CanPoison => (Features & UserFaultCalls.PoisonFeature) != 0;

    /// <summary>Opens one of a form, or the first that is permitted, the form with most features first.</summary>
    /// <param name="wanted">The form; null for the first that is permitted.</param>
    /// <param name="isSynchronous">Whether to leave out features of Linux 6.6 and later.</param>
    /// <param name="isUntracked">Whether to leave out those of Linux 5.14 and later, too.</param>
    /// <param name="why">Why null is returned.</param>
    internal static UserFault? Open(UserFaultForm? wanted, bool isSynchronous, bool isUntracked, out string why)
    {
        int error = 0;
        foreach (var form in wanted is { } one ? [one] : Enum.GetValues<UserFaultForm>())
        {
            int number = OpenForm(form);
            if (number < 0)
            {
                error = Marshal.GetLastPInvokeError();
                continue;
            }

            ulong offered = Ask(form);

            // A kernel with only synchronous write protection may also be older than poisoned pages.
            ulong features = offered & (Needed | UserFaultCalls.ThreadFeature
                | (isUntracked ? 0 : Tracking | UserFaultCalls.ProtectAbsentFeature)
                | (isSynchronous || isUntracked
                    ? 0 : UserFaultCalls.PoisonFeature | UserFaultCalls.ProtectAsyncFeature));
            var descriptor = new FileDescriptor(number);
            if ((features & Needed) == Needed && Agree(descriptor, features) != 0)
            {
                why = "";
                return new UserFault(descriptor, form, features);
            }

            descriptor.Dispose();
        }

        why = error == ErrorNumber.NoSystemCall || error == 0
            ? "this kernel has no userfaultfd for shared memory (Linux 4.11 or later has)"
            : "this process may not use userfaultfd: give it the right to open /dev/userfaultfd, or CAP_SYS_PTRACE, "
            + "or set "
              + "vm.unprivileged_userfaultfd=1; a container's system call filter must let userfaultfd pass "
              + $"({Marshal.GetPInvokeErrorMessage(error)})";
        return null;
    }

    /// <summary>
    /// Opens one whose faults are signals and errors instead of messages, so that no thread has to answer. Tries first
    /// the form that needs no right. Null if the system permits none.
    /// </summary>
    internal static UserFault? OpenWithoutAnswers()
    {
        const ulong features = Needed | UserFaultCalls.SignalFeature;
        foreach (var form in (ReadOnlySpan<UserFaultForm>)[UserFaultForm.UserModeOnly, UserFaultForm.SystemCall,
            UserFaultForm.Device])
        {
            int number = OpenForm(form);
            if (number < 0) continue;
            var descriptor = new FileDescriptor(number);
            if ((Ask(form) & features) == features && Agree(descriptor, features) != 0)
                return new UserFault(descriptor, form, features);
            descriptor.Dispose();
        }

        return null;
    }

    /// <summary>Waits for the next fault. Returns false for a message that is not a fault.</summary>
    internal bool Next(out UserFaultCalls.Message message)
    {
        fixed (UserFaultCalls.Message* destination = &message)
        {
            nint read = Libc.Read(_descriptor, destination, (nuint)sizeof(UserFaultCalls.Message));
            return read == sizeof(UserFaultCalls.Message) && destination->Event == UserFaultCalls.EventFault;
        }
    }

    internal void Register(nint start, nint length, ulong mode)
    {
        var arguments = new UserFaultCalls.ModeArguments { Start = start, Length = length, Mode = mode };
        if (Libc.Ioctl(_descriptor, UserFaultCalls.Register, &arguments) != 0)
            throw Libc.LastError("register a view for page faults");
    }

    internal void Unregister(nint start, nint length)
    {
        var arguments = new UserFaultCalls.RangeArguments { Start = start, Length = length };
        if (Libc.Ioctl(_descriptor, UserFaultCalls.Unregister, &arguments) != 0)
            throw Libc.LastError("take a view out of fault handling");
    }

    /// <summary>Lets threads that wait for pages of a range try again.</summary>
    internal void Wake(nint start, nint length)
    {
        var arguments = new UserFaultCalls.RangeArguments { Start = start, Length = length };
        if (Libc.Ioctl(_descriptor, UserFaultCalls.Wake, &arguments) != 0)
            throw Libc.LastError("wake who waits for a page");
    }

    /// <summary>Makes absent pages appear, each in one step.</summary>
    /// <returns>How many bytes appeared, and the error number that ended it, or 0.</returns>
    internal (long Done, int Error) Copy(nint destination, nint source, nint length)
    {
        long done = 0;
        while (true)
        {
            var arguments = new UserFaultCalls.CopyArguments
            {
                Destination = destination + (nint)done,
                Source = source + (nint)done,
                Length = length - (nint)done,
            };
            if (Libc.Ioctl(_descriptor, UserFaultCalls.Copy, &arguments) == 0) return (length, 0);
            int error = Marshal.GetLastPInvokeError();
            if (arguments.Done > 0) done += arguments.Done;
            else if (error != ErrorNumber.TryAgain) return (done, error);
        }
    }

    /// <summary>Maps pages that are in memory, and wakes the threads that wait for them.</summary>
    /// <param name="start">The first page.</param>
    /// <param name="length">Bytes of pages.</param>
    /// <param name="isProtected">Whether to map them protected, so that writes are tracked.</param>
    /// <param name="isAll">Whether to go on behind a page that is mapped already.</param>
    internal void Continue(nint start, nint length, bool isProtected, bool isAll)
    {
        nint from = start, end = start + length, most = length, page = Environment.SystemPageSize;
        bool hasPassed = false;
        while (start < end)
        {
            var arguments = new UserFaultCalls.ModeArguments
            {
                Start = start,
                Length = Math.Min(most, end - start),
                Mode = isProtected ? UserFaultCalls.ContinueProtected : 0,
            };
            if (Libc.Ioctl(_descriptor, UserFaultCalls.Continue, &arguments) == 0)
            {
                start += arguments.Length;
                continue;
            }

            int error = Marshal.GetLastPInvokeError();
            if (arguments.Done > 0)
            {
                start += (nint)arguments.Done;
            }
            else if (error == ErrorNumber.Exists || (error != ErrorNumber.TryAgain && most == page))
            {
                // The page is mapped already, or gone in between: threads that wait for it fault again.
                if (!isAll && start > from) break;
                start += page;
                hasPassed = true;
            }
            else if (error != ErrorNumber.TryAgain)
            {
                // The kernel refuses a run over two mappings, which a lock of a part makes of one: go on page by page.
                most = page;
            }
        }

        if (hasPassed) Wake(from, length);
    }

    /// <summary>
    /// Marks absent pages so that they will appear protected, or removes marks; in the synchronous form, protects pages
    /// or lets them be written.
    /// </summary>
    internal void Protect(nint start, nint length, bool isOn, bool wakes)
    {
        while (true)
        {
            var arguments = new UserFaultCalls.ModeArguments
            {
                Start = start,
                Length = length,
                Mode = (isOn ? UserFaultCalls.ProtectOn : 0) | (wakes || isOn ? 0 : UserFaultCalls.ProtectDoNotWake),
            };
            if (Libc.Ioctl(_descriptor, UserFaultCalls.Protect, &arguments) == 0) return;
            if (Marshal.GetLastPInvokeError() != ErrorNumber.TryAgain) throw Libc.LastError("protect pages of a view");
        }
    }

    /// <summary>Makes the next touch of an absent page a SIGBUS, and wakes the threads that wait for it.</summary>
    /// <returns>Whether the page was absent and without a mark, and the kernel has the call (Linux 6.6).</returns>
    internal bool Poison(nint start, nint length)
    {
        var arguments = new UserFaultCalls.ModeArguments { Start = start, Length = length };
        return CanPoison && Libc.Ioctl(_descriptor, UserFaultCalls.Poison, &arguments) == 0;
    }

    private static int OpenForm(UserFaultForm form)
    {
        if (form == UserFaultForm.SystemCall) return Libc.Userfaultfd(Libc.OpenCloseOnExec);
        if (form == UserFaultForm.UserModeOnly) return Libc.Userfaultfd(Libc.OpenCloseOnExec | Libc.UserModeOnly);
        using var device = Libc.Open("/dev/userfaultfd", Libc.OpenReadWrite | Libc.OpenCloseOnExec);
        return device.IsInvalid ? -1 : Libc.Ioctl(device, UserFaultCalls.New, (nint)Libc.OpenCloseOnExec);
    }

    /// <summary>
    /// The features of the kernel. Uses a descriptor of its own, since features can be agreed on only once for each.
    /// </summary>
    private static ulong Ask(UserFaultForm form)
    {
        int number = OpenForm(form);
        if (number < 0) return 0;
        using var descriptor = new FileDescriptor(number);
        return Agree(descriptor, 0);
    }

    private static ulong Agree(FileDescriptor descriptor, ulong features)
    {
        var arguments = new UserFaultCalls.ApiArguments { Version = UserFaultCalls.ApiVersion, Features = features };
        return Libc.Ioctl(descriptor, UserFaultCalls.Api, &arguments) == 0 ? arguments.Features : 0;
    }
}
