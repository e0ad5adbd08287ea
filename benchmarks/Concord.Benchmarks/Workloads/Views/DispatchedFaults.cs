using Concord.Benchmarks.Harness;
using Concord.Interop;
using Concord.Interop.Linux;

namespace Concord.Benchmarks.Workloads;

/// <summary>
/// How page faults are usually handled: a thread polls the descriptor, reads a message, and has pages put in place by a
/// call. Nothing is looked up and no store is read, so that it is the least that such a handler costs.
/// </summary>
internal sealed unsafe class DispatchedFaults : IDisposable
{
    private const int PollMilliseconds = 20;

    private readonly SharedMemory _memory = SharedMemory.Create("concord benchmark");
    private readonly TouchedMemory _source;
    private readonly RawFaults _faults = new(UserFaultCalls.MissingSharedFeature);
    private readonly Thread _thread;
    private readonly int _processor;
    private readonly nint _runBytes;
    private volatile bool _isStopping;

    /// <param name="pages">Pages there are.</param>
    /// <param name="processor">The processor its thread is bound to, among those this process may use.</param>
    /// <param name="runPages">Pages an answer.</param>
    public DispatchedFaults(int pages, int processor, int runPages = 1)
    {
        Bytes = pages * (long)RandomPages.PageBytes;
        _processor = processor;
        _runBytes = runPages * RandomPages.PageBytes;
        _source = new TouchedMemory(_runBytes);
        _memory.GrowTo(Bytes);
        Address = _memory.Map(0, Bytes);
        _faults.Register(Address, Bytes, UserFaultCalls.MissingMode);
        _thread = new Thread(Answer) { IsBackground = true, Name = "faults of a rival" };
        _thread.Start();
    }

    public nint Address { get; }

    public long Bytes { get; }

    /// <summary>Takes every page away, and proves it.</summary>
    public void Empty()
    {
        _memory.Punch(0, Bytes);
        Translations.Prove(Address, Bytes, 0);
    }

    public void Dispose()
    {
        _isStopping = true;
        _thread.Join();
        _memory.Unmap(Address, Bytes);
        _memory.Dispose();
        _faults.Dispose();
        _source.Dispose();
    }

    private void Answer()
    {
        using PinnedThread pin = PinnedThread.ToProcessor(_processor);
        while (!_isStopping)
        {
            nint page = _faults.Next(PollMilliseconds);
            if (page != 0) _faults.Copy(Address + ((page - Address) / _runBytes * _runBytes), (nint)_source.Address, _runBytes);
        }
    }
}
