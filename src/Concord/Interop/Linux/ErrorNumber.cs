namespace Concord.Interop.Linux;

/// <summary>The kernel's error numbers that the library handles; the same on x64 and arm64.</summary>
internal static class ErrorNumber
{
    internal const int NotPermitted = 1, NoEntry = 2, Interrupted = 4, NoDeviceOrAddress = 6, TryAgain = 11,
        NoMemory = 12, AccessDenied = 13, Exists = 17;
    internal const int NotADirectory = 20, InvalidArgument = 22, NoDescriptorInSystem = 23, NoDescriptor = 24,
        TextFileBusy = 26;
    internal const int NameTooLong = 36, NoSystemCall = 38;
}
