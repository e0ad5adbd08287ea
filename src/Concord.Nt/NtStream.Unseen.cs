namespace Concord.Nt;

// Pages that callers are overwriting by MDLs, and that no call sees before that has ended.
internal sealed unsafe partial class NtStream
{
    // _unseenGate owns the writing; a new array takes the place of the old one.
    private readonly Lock _unseenGate = new();
    private volatile NtMdl[] _unseen = [];

    internal void AddUnseen(NtMdl chain)
    {
        lock (_unseenGate) _unseen = [.. _unseen, chain];
    }

    internal void RemoveUnseen(NtMdl chain)
    {
        lock (_unseenGate) _unseen = [.. _unseen.Where(other => other != chain)];
    }

    /// <summary>
    /// Refuses a call that would wait for ever: for pages that its own thread has prepared and not completed.
    /// </summary>
    /// <exception cref="NtStatusException">STATUS_POSSIBLE_DEADLOCK.</exception>
    internal void RefuseToWaitForMyself(string routine, ByteRange range)
    {
        foreach (var chain in _unseen)
        {
            if (!chain.KeepsMeFrom(range)) continue;
            throw NtCall.Broken(routine, NTSTATUS.STATUS_POSSIBLE_DEADLOCK,
                $"this thread has prepared bytes of {chain.Range} by CcPrepareMdlWrite, which no call sees before "
                + "CcMdlWriteComplete or CcMdlWriteAbort: it would wait for itself");
        }
    }
}
