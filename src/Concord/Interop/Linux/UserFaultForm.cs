namespace Concord.Interop.Linux;

/// <summary>The ways to a userfaultfd, the best first.</summary>
internal enum UserFaultForm
{
    /// <summary>From /dev/userfaultfd, which file permissions guard (Linux 6.1).</summary>
    Device,

    /// <summary>The system call; needs CAP_SYS_PTRACE or vm.unprivileged_userfaultfd=1.</summary>
    SystemCall,

    /// <summary>
    /// The system call for user mode only: needs no right, and system calls on absent pages fail (Linux 5.11).
    /// </summary>
    UserModeOnly,
}
