using Concord.Benchmarks.Harness;
using Concord.Interop;
using Concord.Interop.Linux;

namespace Concord.Benchmarks.Workloads;

/// <summary>
/// How page faults are usually handled: a thread polls the descriptor, reads a message, and pages are put in place by a
/// call, made by that thread or by a second one it hands the message to. Nothing is looked up and no store is read, so
/// that it is the least that such a handler costs.
/// </summary>
internal sealed unsafe class PolledFaults : IDisposable
{
    private const int PollMilliseconds = 20;

    private readonly SharedMemory _memory = SharedMemory.Create("concord benchmark");
    private readonly TouchedMemory _source;
    private readonly RawFaults _faults = new(UserFaultCalls.MissingSharedFeature);
    private readonly Thread _polling;
    private readonly Thread? _working;

    // _gate owns _page, the message that was handed over.
    private readonly object _gate = new();
    private nint _page;

    private readonly int _processor;
    private readonly nint _runBytes;
    private volatile bool _isStopping;

    /// <param name="pages">Pages there are.</param>
    /// <param name="processor">The processor its threads are bound to, among those this process may use.</param>
    /// <param name="runPages">Pages an answer.</param>
    /// <param name="dispatches">Whether the thread that polls hands each message to a second one.</param>
    public PolledFaults(int pages, int processor, int runPages = 1, bool dispatches = false)
    {
        Bytes = pages * (long)RandomPages.PageBytes;
        _processor = processor;
        _runBytes = runPages * RandomPages.PageBytes;
        _source = new TouchedMemory(_runBytes);
        _memory.GrowTo(Bytes);
        Address = _memory.Map(0, Bytes);
        _faults.Register(Address, Bytes, UserFaultCalls.MissingMode);
        _polling = new Thread(Poll) { IsBackground = true, Name = "faults of a rival" };
        if (dispatches) _working = new Thread(Work) { IsBackground = true, Name = "answers of a rival" };
        _working?.Start();
        _polling.Start();
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
        _polling.Join();
        lock (_gate) Monitor.Pulse(_gate);
        _working?.Join();
        _memory.Unmap(Address, Bytes);
        _memory.Dispose();
        _faults.Dispose();
        _source.Dispose();
    }

    private void Poll()
    {
        using PinnedThread pin = PinnedThread.ToProcessor(_processor);
        while (!_isStopping)
        {
            nint page = _faults.Next(PollMilliseconds);
            if (page == 0) continue;
            if (_working is null) Answer(page);
            else HandOver(page);
        }
    }

    private void HandOver(nint page)
    {
        lock (_gate)
        {
            _page = page;
            Monitor.Pulse(_gate);
        }
    }

    private void Work()
    {
        using PinnedThread pin = PinnedThread.ToProcessor(_processor);
        while (true)
        {
            nint page;
            lock (_gate)
            {
                while (_page == 0 && !_isStopping) Monitor.Wait(_gate);
                (page, _page) = (_page, 0);
            }

            if (page == 0) return;
            Answer(page);
        }
    }

    private void Answer(nint page) =>
        _faults.Copy(Address + ((page - Address) / _runBytes * _runBytes), (nint)_source.Address, _runBytes);
}
