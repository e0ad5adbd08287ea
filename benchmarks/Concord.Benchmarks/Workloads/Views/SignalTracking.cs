using System.Buffers.Binary;
using Concord.Benchmarks.Interop;
using Concord.Interop;

namespace Concord.Benchmarks.Workloads;

/// <summary>
/// How writes to memory are noticed without the kernel's help: the pages are made read-only, and a handler of the
/// signal that a write raises makes them writable again. The handler is machine code; what is not its range goes to
/// .NET's own.
/// </summary>
internal sealed unsafe class SignalTracking
{
    private const int StartAt = 6, EndAt = 21, FormerAt = 63;

    private readonly PlainMapping _memory;
    private readonly nint _handler;

    public SignalTracking(PlainMapping memory)
    {
        _memory = memory;
        Libc.SignalAction former;
        if (Libc.Sigaction(Libc.SegmentationSignal, null, &former) != 0)
            throw Libc.LastError("read the handler of a signal");
        byte[] code = Handler.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(code.AsSpan(StartAt), memory.Address);
        BinaryPrimitives.WriteInt64LittleEndian(code.AsSpan(EndAt), memory.Address + memory.Bytes);
        BinaryPrimitives.WriteInt64LittleEndian(code.AsSpan(FormerAt), former.Handler);
        _handler = NativeSystem.Current!.PublishCode(code);
    }

    /// <summary>
    /// mov rax,[rsi+16]; mov rcx,START; cmp rax,rcx; jb former; mov rcx,END; cmp rax,rcx; jae former; and rax,-4096;
    /// mov rdi,rax; mov esi,4096; mov edx,3; mov eax,10 (mprotect); syscall; ret; former: mov rax,FORMER; jmp rax.
    /// </summary>
    private static ReadOnlySpan<byte> Handler =>
    [
        0x48, 0x8B, 0x46, 0x10, 0x48, 0xB9, 0, 0, 0, 0, 0, 0, 0, 0, 0x48, 0x39, 0xC8, 0x72, 0x2A,
        0x48, 0xB9, 0, 0, 0, 0, 0, 0, 0, 0, 0x48, 0x39, 0xC8, 0x73, 0x1B,
        0x48, 0x25, 0x00, 0xF0, 0xFF, 0xFF, 0x48, 0x89, 0xC7, 0xBE, 0x00, 0x10, 0x00, 0x00, 0xBA, 0x03, 0x00, 0x00,
        0x00,
        0xB8, 0x0A, 0x00, 0x00, 0x00, 0x0F, 0x05, 0xC3, 0x48, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xE0,
    ];

    /// <summary>Makes every page mapped and read-only.</summary>
    public void Protect()
    {
        Permit(canWrite: true);
        Translations.Prove(_memory.Address, _memory.Bytes, _memory.Bytes / RandomPages.PageBytes);
        Permit(canWrite: false);
    }

    /// <summary>Runs native code that writes to the pages, with the handler in place.</summary>
    public Slice Run(Func<Slice> writes)
    {
        var action = new Libc.SignalAction
        {
            Handler = _handler,
            Flags = Libc.SignalWithAddress | Libc.SignalOnStack | Libc.SignalNoDefer,
        };
        Libc.SignalAction former;
        if (Libc.Sigaction(Libc.SegmentationSignal, &action, &former) != 0)
            throw Libc.LastError("set the handler of a signal");
        Slice slice = writes();
        if (Libc.Sigaction(Libc.SegmentationSignal, &former, null) != 0)
            throw Libc.LastError("set the handler of a signal back");
        Permit(canWrite: true);
        return slice;
    }

    private void Permit(bool canWrite) => SharedMemory.Permit(_memory.Address, _memory.Bytes, canRead: true, canWrite);
}
