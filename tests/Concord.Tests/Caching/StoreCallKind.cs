namespace Concord.Tests.Caching;

internal enum StoreCallKind
{
    Read,
    Write,
    Barrier,
    Announcement,
    SetLength,
}
