using System.Buffers.Binary;
using System.Globalization;
using Concord.Interop.Linux;
using Concord.Tests.Interop;

namespace Concord.Tests.SystemCache.Children;

/// <summary>
/// A file system of one file (FUSE, protocol 7.31), served from another one and mounted: <c>TARGET FILE</c>. It does
/// not ask the kernel to keep pages between openings, as most such programs do not. Says "ready", answers each line
/// with how often its file was opened, and ends with its input. Without the device, or the right to mount, says "skip"
/// and why.
/// </summary>
internal static unsafe class FuseChild
{
    internal const string Name = "system-cache-fuse", FileName = "file";

    private const int BufferBytes = 256 << 10, InHeaderBytes = 40, OutHeaderBytes = 16, AttributeBytes = 88;
    private const int NoEntry = -2, NoSystemCall = -38;
    private const ulong RootNode = 1, FileNode = 2;
    private const uint DirectoryMode = 0x41ED, FileMode = 0x81A4;

    private static long Opens;

    private enum Request
    {
        Lookup = 1, Forget = 2, GetAttributes = 3, Open = 14, Read = 15, FileSystemStatus = 17, Release = 18, Sync = 20,
        Flush = 25, Init = 26, Interrupt = 36, BatchForget = 42,
    }

    internal static int Run(string[] args)
    {
        using FileDescriptor device = Libc.Open("/dev/fuse", Libc.OpenReadWrite | Libc.OpenCloseOnExec);
        if (device.IsInvalid) return Skip("/dev/fuse cannot be opened");
        int number = (int)device.DangerousGetHandle();
        string shown = number.ToString(CultureInfo.InvariantCulture);
        string options = $"fd={shown},rootmode=40000,user_id=0,group_id=0,allow_other";
        if (Native.Mount("concord-test", args[0], "fuse", 0, options) != 0) return Skip("mounting it is refused");
        byte[] contents = File.ReadAllBytes(args[1]);
        var serving = new Thread(() => Serve(number, contents)) { IsBackground = true };
        serving.Start();
        Console.WriteLine("ready");
        while (Console.ReadLine() is not null) Console.WriteLine(Interlocked.Read(ref Opens));
        return Native.Umount(args[0]);
    }

    private static int Skip(string why)
    {
        Console.WriteLine($"skip {why}");
        return 0;
    }

    /// <summary>Answers requests until the file system is taken away.</summary>
    private static void Serve(int device, byte[] contents)
    {
        byte[] request = new byte[BufferBytes], answer = new byte[BufferBytes];
        while (true)
        {
            nint length;
            fixed (byte* first = request) length = Libc.Read(device, first, (nuint)request.Length);
            if (length < InHeaderBytes) return;
            Span<byte> body = answer.AsSpan(OutHeaderBytes);
            body.Clear();
            int written = Answer(request.AsSpan(0, (int)length), body, contents);
            if (written == int.MinValue) continue;
            int total = OutHeaderBytes + Math.Max(written, 0);
            BinaryPrimitives.WriteInt32LittleEndian(answer, total);
            BinaryPrimitives.WriteInt32LittleEndian(answer.AsSpan(4), Math.Min(written, 0));
            request.AsSpan(8, 8).CopyTo(answer.AsSpan(8));
            fixed (byte* first = answer) _ = Libc.Write(device, first, (nuint)total);
        }
    }

    /// <summary>The length of the answer, an error below 0, or <see cref="int.MinValue"/> for none.</summary>
    private static int Answer(ReadOnlySpan<byte> request, Span<byte> body, byte[] contents)
    {
        ulong node = BinaryPrimitives.ReadUInt64LittleEndian(request[16..]);
        ReadOnlySpan<byte> arguments = request[InHeaderBytes..];
        switch ((Request)BinaryPrimitives.ReadInt32LittleEndian(request[4..]))
        {
            case Request.Init:
                BinaryPrimitives.WriteUInt32LittleEndian(body, 7);
                BinaryPrimitives.WriteUInt32LittleEndian(body[4..], 31);
                BinaryPrimitives.WriteUInt32LittleEndian(body[8..], 128 << 10);
                BinaryPrimitives.WriteUInt32LittleEndian(body[20..], 128 << 10);
                return 64;
            case Request.Lookup:
                if (!arguments[..^1].SequenceEqual("file"u8)) return NoEntry;
                BinaryPrimitives.WriteUInt64LittleEndian(body, FileNode);
                WriteAttributes(body[40..], FileNode, contents.Length);
                return 40 + AttributeBytes;
            case Request.GetAttributes:
                WriteAttributes(body[16..], node, contents.Length);
                return 16 + AttributeBytes;
            case Request.Open:
                Interlocked.Increment(ref Opens);
                return 16;
            case Request.Read:
                long offset = BinaryPrimitives.ReadInt64LittleEndian(arguments[8..]);
                int wanted = BinaryPrimitives.ReadInt32LittleEndian(arguments[16..]);
                int count = (int)Math.Clamp(contents.Length - offset, 0, wanted);
                contents.AsSpan((int)Math.Min(offset, contents.Length), count).CopyTo(body);
                return count;
            case Request.FileSystemStatus:
                return 80;
            case Request.Release or Request.Flush or Request.Sync:
                return 0;
            case Request.Forget or Request.BatchForget or Request.Interrupt:
                return int.MinValue;
            default:
                return NoSystemCall;
        }
    }

    private static void WriteAttributes(Span<byte> attributes, ulong node, long length)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(attributes, node);
        BinaryPrimitives.WriteInt64LittleEndian(attributes[8..], node == RootNode ? 0 : length);
        BinaryPrimitives.WriteUInt32LittleEndian(attributes[60..], node == RootNode ? DirectoryMode : FileMode);
        BinaryPrimitives.WriteUInt32LittleEndian(attributes[64..], 1);
        BinaryPrimitives.WriteUInt32LittleEndian(attributes[80..], 4096);
    }
}
