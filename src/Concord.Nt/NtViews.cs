using System.Collections.Concurrent;

namespace Concord.Nt;

/// <summary>Views that were mapped through file objects, by their addresses.</summary>
internal static class NtViews
{
    private static readonly ConcurrentDictionary<nint, (NtStream Stream, MappedView View)> ByAddress = new();

    internal static nint Map(NtFile handle, ByteRange range, ViewAccess access)
    {
        MappedView view;
        try
        {
            view = handle.Operations.MapView(range, access);
        }
        catch (InvalidOperationException error) when (error is not (ObjectDisposedException or NtPreconditionException))
        {
            throw new NtStatusException(nameof(NtHost.ConcordMapView), NTSTATUS.STATUS_RESOURCE_IN_USE,
                "pages of the file are prepared by CcPrepareMdlWrite, or it is used by its own store");
        }

        nint address = view.Address;
        ByAddress[address] = (handle.Stream, view);
        return address;
    }

    /// <summary>Ends a view.</summary>
    /// <returns>False if there is none.</returns>
    internal static bool TryUnmap(nint address)
    {
        if (!ByAddress.TryRemove(address, out var ended)) return false;
        ended.View.Dispose();
        return true;
    }

    /// <summary>Whether a stream has any view. A snapshot.</summary>
    internal static bool HasAny(NtStream stream) => ByAddress.Values.Any(other => other.Stream == stream);
}
