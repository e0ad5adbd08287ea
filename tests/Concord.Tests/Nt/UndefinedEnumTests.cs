using Concord.Nt;
using static Concord.Nt.Ntddk;

namespace Concord.Tests.Nt;

/// <summary>Types of the NT names that nobody defined.</summary>
public sealed unsafe class UndefinedEnumTests
{
    [Fact]
    public void An_event_of_no_type_is_not_made()
    {
        KEVENT made = default;
        var memory = &made;
        var error = Assert.Throws<NtStatusException>(() => KeInitializeEvent(memory, (EVENT_TYPE)77, State: true));
        Assert.Equal(NTSTATUS.STATUS_INVALID_PARAMETER, error.Status);
        Assert.Equal(0, made.SignalState);
    }
}
