using System.Reflection;

namespace Concord.Nt;

/// <summary>
/// How a routine ended: the top two bits tell the severity, and what is neither a warning nor an error is a success.
/// The values are those of [MS-ERREF], section 2.3.1: <c>using static Concord.Nt.NTSTATUS;</c> (NT: NTSTATUS.)
/// </summary>
/// <param name="Value">The 32 bits.</param>
public readonly record struct NTSTATUS(uint Value)
{
    private static readonly Dictionary<uint, string> Names = typeof(NTSTATUS)
        .GetProperties(BindingFlags.Public | BindingFlags.Static)
        .ToDictionary(static property => ((NTSTATUS)property.GetValue(null)!).Value, static property => property.Name);

    /// <summary>It was done.</summary>
    public static NTSTATUS STATUS_SUCCESS => new(0x00000000);

    /// <summary>The time was up. A success.</summary>
    public static NTSTATUS STATUS_TIMEOUT => new(0x00000102);

    /// <summary>It goes on, and ends later. A success.</summary>
    public static NTSTATUS STATUS_PENDING => new(0x00000103);

    /// <summary>
    /// Flushed, but some page could not be invalidated, or it cannot be known that all were. A success.
    /// </summary>
    public static NTSTATUS STATUS_CACHE_PAGE_LOCKED => new(0x00000115);

    /// <summary>A pointer is null, or a cache view lies behind the end of the stream.</summary>
    public static NTSTATUS STATUS_ACCESS_VIOLATION => new(0xC0000005);

    /// <summary>An argument is wrong; nothing was done.</summary>
    public static NTSTATUS STATUS_INVALID_PARAMETER => new(0xC000000D);

    /// <summary>The range lies behind the end of the stream.</summary>
    public static NTSTATUS STATUS_END_OF_FILE => new(0xC0000011);

    /// <summary>The rights do not allow it.</summary>
    public static NTSTATUS STATUS_ACCESS_DENIED => new(0xC0000022);

    /// <summary>There is no file of this name.</summary>
    public static NTSTATUS STATUS_OBJECT_NAME_NOT_FOUND => new(0xC0000034);

    /// <summary>Another handle uses the file in a way that excludes this.</summary>
    public static NTSTATUS STATUS_SHARING_VIOLATION => new(0xC0000043);

    /// <summary>The store has no room.</summary>
    public static NTSTATUS STATUS_DISK_FULL => new(0xC000007F);

    /// <summary>There is no memory for it.</summary>
    public static NTSTATUS STATUS_INSUFFICIENT_RESOURCES => new(0xC000009A);

    /// <summary>The store cannot be written at all.</summary>
    public static NTSTATUS STATUS_MEDIA_WRITE_PROTECTED => new(0xC00000A2);

    /// <summary>The store or the system does not offer it.</summary>
    public static NTSTATUS STATUS_NOT_SUPPORTED => new(0xC00000BB);

    /// <summary>It has to wait, and the caller may not.</summary>
    public static NTSTATUS STATUS_CANT_WAIT => new(0xC00000D8);

    /// <summary>A rule of the cache itself was broken.</summary>
    public static NTSTATUS STATUS_INTERNAL_ERROR => new(0xC00000E5);

    /// <summary>The caller's memory cannot be touched.</summary>
    public static NTSTATUS STATUS_INVALID_USER_BUFFER => new(0xC00000E8);

    /// <summary>The store failed in a way that has no status of its own.</summary>
    public static NTSTATUS STATUS_UNEXPECTED_IO_ERROR => new(0xC00000E9);

    /// <summary>It was cancelled.</summary>
    public static NTSTATUS STATUS_CANCELLED => new(0xC0000120);

    /// <summary>The file was closed.</summary>
    public static NTSTATUS STATUS_FILE_CLOSED => new(0xC0000128);

    /// <summary>The store reports a failure of its device.</summary>
    public static NTSTATUS STATUS_IO_DEVICE_ERROR => new(0xC0000185);

    /// <summary>The thread would wait for itself.</summary>
    public static NTSTATUS STATUS_POSSIBLE_DEADLOCK => new(0xC0000194);

    /// <summary>A page that would have to go is held: by a view, a pin, an MDL or a lease.</summary>
    public static NTSTATUS STATUS_USER_MAPPED_FILE => new(0xC0000243);

    /// <summary>The thread has not acquired what it had to acquire.</summary>
    public static NTSTATUS STATUS_RESOURCE_NOT_OWNED => new(0xC0000264);

    /// <summary>
    /// A success: acquired, but a thread that had it has ended without releasing it. (NT: STATUS_ABANDONED.)
    /// </summary>
    public static NTSTATUS STATUS_ABANDONED => new(0x00000080);

    /// <summary>Some copy could not be dropped, and the caller had asked to be told.</summary>
    public static NTSTATUS STATUS_PURGE_FAILED => new(0xC0000435);

    /// <summary>It is still in use.</summary>
    public static NTSTATUS STATUS_RESOURCE_IN_USE => new(0xC0000708);

    /// <summary>The owner's share of the store is used up.</summary>
    public static NTSTATUS STATUS_DISK_QUOTA_EXCEEDED => new(0xC0000802);

    /// <summary>The file is longer than the store allows.</summary>
    public static NTSTATUS STATUS_FILE_TOO_LARGE => new(0xC0000904);

    /// <summary>The name and the value: <c>STATUS_CACHE_PAGE_LOCKED (0x00000115)</c>. Allocates.</summary>
    public override string ToString() =>
        Names.TryGetValue(Value, out string? name) ? $"{name} (0x{Value:X8})" : $"0x{Value:X8}";
}
