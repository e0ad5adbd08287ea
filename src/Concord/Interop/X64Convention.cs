namespace Concord.Interop;

/// <summary>Where the operating system's compilers put the first arguments of a call on x64.</summary>
internal enum X64Convention
{
    /// <summary>System V: rdi, rsi. Linux and macOS.</summary>
    SystemV,

    /// <summary>Microsoft: rcx, rdx. Windows.</summary>
    Microsoft,
}
