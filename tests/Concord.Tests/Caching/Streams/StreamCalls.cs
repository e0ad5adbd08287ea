using System.Text;

namespace Concord.Tests.Caching.Streams;

/// <summary>
/// Random calls on a stream: every member, in every form, with good and bad arguments. A seed gives the same calls
/// again.
/// </summary>
internal sealed class StreamCalls(int seed)
{
    /// <summary>Files stay about this long: several times the cache they go through.</summary>
    private const int LengthMax = 400_000;

    private const int BytesMax = 12_000;

    private readonly Random _random = new(seed);

    internal StreamCall Next() => _random.Next(100) switch
    {
        < 32 => Read(),
        < 62 => Write(),
        < 84 => Move(),
        < 89 => Flush(),
        < 91 => Copy(),
        < 93 => SetLength(),
        < 95 => Cancelled(),
        _ => Bad(),
    };

    /// <summary>Every call that a closed stream has to refuse.</summary>
    internal static IEnumerable<StreamCall> All()
    {
        byte[] bytes = new byte[10];
        var none = CancellationToken.None;
        yield return new("CanRead", static s => s.CanRead);
        yield return new("CanSeek", static s => s.CanSeek);
        yield return new("CanWrite", static s => s.CanWrite);
        yield return new("CanTimeout", static s => s.CanTimeout);
        yield return new("ReadTimeout", static s => s.ReadTimeout);
        yield return new("Length", static s => s.Length);
        yield return new("Position", static s => s.Position);
        yield return new("Position = 1", static s => s.Position = 1);
        yield return new("Position = -1", static s => s.Position = -1);
        yield return new("Seek", static s => s.Seek(0, SeekOrigin.Begin));
        yield return new("Seek nowhere", static s => s.Seek(0, (SeekOrigin)7));
        yield return new("SetLength", Done(static s => s.SetLength(5)));
        yield return new("SetLength -1", Done(static s => s.SetLength(-1)));
        yield return new("Read", s => s.Read(bytes, 0, 10));
        yield return new("Read null", static s => s.Read(null!, 0, 0));
        yield return new("Read span", s => s.Read(bytes.AsSpan()));
        yield return new("Read empty span", static s => s.Read([]));
        yield return new("ReadByte", static s => s.ReadByte());
        yield return new("ReadAsync", s => Wait(s.ReadAsync(bytes, 0, 10, none)));
        yield return new("ReadAsync memory", s => Wait(s.ReadAsync(bytes.AsMemory(), none).AsTask()));
        yield return new("BeginRead", s => s.EndRead(s.BeginRead(bytes, 0, 10, null, null)));
        yield return new("Write", Done(s => s.Write(bytes, 0, 10)));
        yield return new("Write nothing", Done(s => s.Write(bytes, 0, 0)));
        yield return new("Write null", Done(static s => s.Write(null!, 0, 0)));
        yield return new("Write span", Done(s => s.Write(bytes.AsSpan())));
        yield return new("WriteByte", Done(static s => s.WriteByte(1)));
        yield return new("WriteAsync", Done(s => Wait(s.WriteAsync(bytes, 0, 10, none))));
        yield return new("WriteAsync memory", Done(s => Wait(s.WriteAsync(bytes.AsMemory(), none).AsTask())));
        yield return new("BeginWrite", Done(s => s.EndWrite(s.BeginWrite(bytes, 0, 10, null, null))));
        yield return new("Flush", Done(static s => s.Flush()));
        yield return new("Flush to disk", Done(static s => FlushToDisk(s)));
        yield return new("FlushAsync", Done(s => Wait(s.FlushAsync(none))));
        yield return new("CopyTo", static s => Copied(s, 100));
        yield return new("CopyToAsync", Done(static s => Wait(s.CopyToAsync(new MemoryStream()))));
        yield return new("CopyTo null", Done(static s => s.CopyTo(null!)));
        yield return new("Dispose", Done(static s => s.Dispose()));
        yield return new("DisposeAsync", Done(static s => s.DisposeAsync().AsTask().GetAwaiter().GetResult()));
    }

    private StreamCall Read()
    {
        int count = Count(), offset = _random.Next(5);
        byte[] bytes = new byte[offset + count + 3];
        string text = $"({offset}, {count})";
        return _random.Next(9) switch
        {
            0 => new("ReadByte()", static s => s.ReadByte()),
            8 => new($"ReadByte(), {count} times", s => RepeatedlyRead(s, count)),
            1 => new($"Read(span){text}", s => bytes.AsSpan(offset, s.Read(bytes.AsSpan(offset, count))).ToArray()),
            2 => new($"ReadAsync(array){text}", s => bytes.AsSpan(offset, Wait(s.ReadAsync(bytes, offset, count)))
                .ToArray()),
            3 => new($"ReadAsync(memory){text}",
                s => bytes.AsSpan(offset, Wait(s.ReadAsync(bytes.AsMemory(offset, count)).AsTask())).ToArray()),
            4 => new($"BeginRead{text}",
                s => bytes.AsSpan(offset, s.EndRead(s.BeginRead(bytes, offset, count, null, null))).ToArray()),
            5 => new($"ReadExactly{text}", s =>
            {
                s.ReadExactly(bytes, offset, count);
                return bytes.AsSpan(offset, count).ToArray();
            }),
            6 => new($"ReadAtLeast{text}",
                s => bytes.AsSpan(0, s.ReadAtLeast(bytes, count / 2, throwOnEndOfStream: false)).ToArray()),
            _ => new($"Read(array){text}", s => bytes.AsSpan(offset, s.Read(bytes, offset, count)).ToArray()),
        };
    }

    private StreamCall Write()
    {
        int count = Count(), offset = _random.Next(5);
        byte[] bytes = new byte[offset + count + 3];
        _random.NextBytes(bytes);
        string text = $"({offset}, {count})";
        return _random.Next(7) switch
        {
            0 => new($"WriteByte({bytes[0]})", Done(s => s.WriteByte(bytes[0]))),
            6 => new($"WriteByte(), {bytes.Length} times", Done(s =>
            {
                foreach (byte value in bytes) s.WriteByte(value);
            })),
            1 => new($"Write(span){text}", Done(s => s.Write(bytes.AsSpan(offset, count)))),
            2 => new($"WriteAsync(array){text}", Done(s => Wait(s.WriteAsync(bytes, offset, count)))),
            3 =>
                new($"WriteAsync(memory){text}", Done(s => Wait(s.WriteAsync(bytes.AsMemory(offset, count)).AsTask()))),
            4 => new($"BeginWrite{text}", Done(s => s.EndWrite(s.BeginWrite(bytes, offset, count, null, null)))),
            _ => new($"Write(array){text}", Done(s => s.Write(bytes, offset, count))),
        };
    }

    private StreamCall Move()
    {
        long offset = _random.Next(-LengthMax / 4, LengthMax);
        return _random.Next(4) switch
        {
            0 => new($"Position = {offset}", s => s.Position = offset),
            1 => new($"Seek({offset}, Begin)", s => s.Seek(offset, SeekOrigin.Begin)),
            2 => new($"Seek({offset / 8}, Current)", s => s.Seek(offset / 8, SeekOrigin.Current)),
            _ => new($"Seek({-offset}, End)", s => s.Seek(-offset, SeekOrigin.End)),
        };
    }

    private StreamCall Flush() => _random.Next(200) switch
    {
        0 => new("Flush(true)", Done(static s => FlushToDisk(s))),
        < 80 => new("FlushAsync()", Done(static s => Wait(s.FlushAsync()))),
        _ => new("Flush()", Done(static s => s.Flush())),
    };

    private StreamCall Copy()
    {
        int size = _random.Next(1, 20_000);
        return _random.Next(2) == 0
            ? new($"CopyTo({size})", s => Copied(s, size))
            : new($"CopyToAsync({size})", s =>
            {
                var copy = new MemoryStream();
                Wait(s.CopyToAsync(copy, size));
                return copy.ToArray();
            });
    }

    private StreamCall SetLength()
    {
        int length = _random.Next(LengthMax);
        return new($"SetLength({length})", Done(s => s.SetLength(length)));
    }

    private StreamCall Cancelled()
    {
        byte[] bytes = new byte[10];
        var cancelled = new CancellationToken(canceled: true);
        return _random.Next(6) switch
        {
            0 => new("ReadAsync(array), cancelled", s => Wait(s.ReadAsync(bytes, 0, 10, cancelled))),
            1 => new("ReadAsync(memory), cancelled", s => Wait(s.ReadAsync(bytes, cancelled).AsTask())),
            2 => new("WriteAsync(array), cancelled", Done(s => Wait(s.WriteAsync(bytes, 0, 10, cancelled)))),
            3 => new("WriteAsync(memory), cancelled", Done(s => Wait(s.WriteAsync(bytes, cancelled).AsTask()))),
            4 => new("CopyToAsync, cancelled", Done(s => Wait(s.CopyToAsync(new MemoryStream(), 100, cancelled)))),
            _ => new("FlushAsync, cancelled", Done(s => Wait(s.FlushAsync(cancelled)))),
        };
    }

    private StreamCall Bad()
    {
        byte[] bytes = new byte[10];
        return _random.Next(18) switch
        {
            0 => new("Read(null)", static s => s.Read(null!, 0, 1)),
            1 => new("Read(-1, 1)", s => s.Read(bytes, -1, 1)),
            2 => new("Read(0, -1)", s => s.Read(bytes, 0, -1)),
            3 => new("Read(5, 6)", s => s.Read(bytes, 5, 6)),
            4 => new("Write(null)", Done(static s => s.Write(null!, 0, 1))),
            5 => new("Write(11, 0)", Done(s => s.Write(bytes, 11, 0))),
            6 => new("Write(0, -1)", Done(s => s.Write(bytes, 0, -1))),
            7 => new("ReadAsync(null)", static s => Wait(s.ReadAsync(null!, 0, 1))),
            8 => new("WriteAsync(5, 6)", Done(s => Wait(s.WriteAsync(bytes, 5, 6)))),
            9 => new("BeginRead(5, 6)", s => s.BeginRead(bytes, 5, 6, null, null)),
            10 => new("BeginWrite(null)", static s => s.BeginWrite(null!, 0, 0, null, null)),
            11 => new("EndRead(null)", static s => s.EndRead(null!)),
            12 => new("Seek(0, 9)", static s => s.Seek(0, (SeekOrigin)9)),
            13 => new("SetLength(-5)", Done(static s => s.SetLength(-5))),
            14 => new("SetLength(long.MaxValue)", Done(static s => s.SetLength(long.MaxValue))),
            15 => new("CopyTo(null)", Done(static s => s.CopyTo(null!))),
            16 => new("CopyTo(read only)",
                Done(static s => s.CopyTo(new MemoryStream(Encoding.ASCII.GetBytes("x"), writable: false)))),
            _ => new("CopyTo(_, 0)", Done(static s => s.CopyTo(new MemoryStream(), 0))),
        };
    }

    /// <summary>Mostly a few bytes, now and then some pages, sometimes none.</summary>
    private int Count() => _random.Next(10) switch
    {
        0 => 0,
        < 7 => _random.Next(1, 300),
        _ => _random.Next(BytesMax),
    };

    private static Func<Stream, object?> Done(Action<Stream> call) => stream =>
    {
        call(stream);
        return null;
    };

    private static byte[] Copied(Stream stream, int size)
    {
        var copy = new MemoryStream();
        stream.CopyTo(copy, size);
        return copy.ToArray();
    }

    private static int[] RepeatedlyRead(Stream stream, int count)
    {
        int[] read = new int[count];
        for (int i = 0; i < count; i++) read[i] = stream.ReadByte();
        return read;
    }

    private static void FlushToDisk(Stream stream)
    {
        if (stream is FileStream file) file.Flush(flushToDisk: true);
        else ((CachedFileStream)stream).Flush(flushToDisk: true);
    }

    private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();

    private static void Wait(Task task) => task.GetAwaiter().GetResult();
}
