using Concord.Tests.Caching;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>
/// Every call mixed at random on one file, with failing writes and barriers, against a plain byte array.
/// </summary>
public sealed class RandomCallTests
{
    private const int FilePages = 24, FaultRate = 6;

    [Fact]
    [Row(108)]
    public void No_acknowledged_byte_is_lost_unless_somebody_discarded_it()
    {
        int seeds = TestRun.IsFull ? 500 : 30, calls = TestRun.IsFull ? 2000 : 600, failures = 0;
        for (int seed = 1; seed <= seeds; seed++)
        {
            using var run = new Run(seed);
            try
            {
                failures += run.Play(calls);
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                throw new InvalidOperationException($"seed {seed}: {error.Message}", error);
            }
        }

        Assert.True(failures > seeds, $"{failures} calls failed");
    }

    private sealed class Run(int seed) : IDisposable
    {
        private readonly Random _random = new(seed);
        private readonly CoherencyFixture _test = new(FilePages, fill: 0);
        private byte[] _model = new byte[FilePages * Pages.Bytes];
        private bool _mayFail;
        private byte _next;
        private int _failures;

        internal int Play(int calls)
        {
            _test.Store.Fails = call =>
                _mayFail && call.Kind != StoreCallKind.Read && _random.Next(FaultRate) == 0
                    ? new IOException($"planted failure of {call.Kind}", 5) : null;
            for (int i = 0; i < calls; i++)
            {
                PlayOne();
                CheckRead(Some());
            }

            _mayFail = false;
            Call(new ByteRange(0, 0), whole: true, 0);
            CoherencyFixture.AssertIs(STATUS_SUCCESS, _model.Length, _test.CallWhole());
            Assert.True(_test.Store.Content.AsSpan().SequenceEqual(_model), "the store holds the model");
            return _failures;
        }

        public void Dispose() => _test.Dispose();

        private void PlayOne()
        {
            switch (_random.Next(13))
            {
                case 0: Call(Some(), whole: true, 0); break;
                case 1: Call(Some(), whole: false, 0); break;
                case 2: Call(Some(), whole: false, CC_FLUSH_AND_PURGE_NO_PURGE); break;
                case 3: CallUnderLease(Some()); break;
                case 4: WriteUncached(Some()); break;
                case 5: ReadUncached(Some()); break;
                case 6: SetLength(_random.Next(FilePages * Pages.Bytes)); break;
                case 7: Discard(Some()); break;
                case 8: TryWrite(Some()); break;
                default: Write(Some()); break;
            }
        }

        private ByteRange Some() => new(_random.Next(_model.Length + 5000), _random.Next(3 * Pages.Bytes));

        private byte[] Bytes(ByteRange range) => [.. Enumerable.Repeat(++_next, (int)range.Length)];

        private void Write(ByteRange range)
        {
            byte[] bytes = Bytes(range);
            _test.File.Write(range.Offset, bytes);
            Apply(range, bytes);
        }

        private void TryWrite(ByteRange range)
        {
            byte[] bytes = Bytes(range);

            // A page not in memory before, so that no load begins behind this thread's back.
            if (CheckRead(range) && _test.File.TryWrite(range.Offset, bytes)) Apply(range, bytes);
        }

        private void WriteUncached(ByteRange range)
        {
            byte[] bytes = Bytes(range);
            if (Attempt(() => _test.File.WriteUncached(range.Offset, bytes))) Apply(range, bytes);
        }

        private void ReadUncached(ByteRange range)
        {
            byte[] found = new byte[range.Length];
            int count = 0;
            if (Attempt(() => count = _test.File.ReadUncached(range.Offset, found)))
                Check(range, found.AsSpan(0, count), "an uncached read");
        }

        private void SetLength(int length)
        {
            if (Attempt(() => _test.File.SetLength(length))) Array.Resize(ref _model, length);
            Assert.Equal(_model.Length, _test.File.Length);
        }

        /// <summary>What lies wholly in the range is what the store has, from now on.</summary>
        private void Discard(ByteRange range)
        {
            Assert.True(_test.File.Discard(range));
            byte[] stored = _test.Store.Content;
            for (long page = (range.Offset + Pages.Bytes - 1) / Pages.Bytes; (page
                + 1) * Pages.Bytes <= range.End; page++)
            {
                var inside = Pages.Range(page).Intersect(new ByteRange(0, _model.Length));
                for (long at = inside.Offset; at < inside.End; at++)
                    _model[at] = at < stored.Length ? stored[at] : (byte)0;
            }
        }

        private void Call(ByteRange range, bool whole, uint flags)
        {
            _mayFail = _mayFail || _random.Next(2) == 0;
            var result = whole ? _test.CallWhole(7, flags) : _test.Call(range, flags);
            _mayFail = false;
            if (!NT_SUCCESS(result.Status))
            {
                Assert.Equal(STATUS_IO_DEVICE_ERROR, result.Status);
                _failures++;
                return;
            }

            Assert.Equal(STATUS_SUCCESS, result.Status);
            var treated = whole ? new ByteRange(0, _model.Length)
                : range.Length == 0 ? ByteRange.FromBounds(range.Offset, Math.Max(range.Offset, _model.Length))
                : range.Intersect(new ByteRange(0, _model.Length));
            byte[] stored = _test.Store.Content;
            Assert.True(
                Slice(stored, treated).SequenceEqual(Slice(_model, treated)),
                $"{treated} is in the store after a success");
        }

        private void CallUnderLease(ByteRange range)
        {
            range = range.Intersect(new ByteRange(0, _model.Length));
            if (range.IsEmpty) return;
            using var lease = _test.File.Lease(range, LeaseAccess.Write);
            byte[] bytes = Bytes(range);
            bytes.CopyTo(lease.WritableSpan);
            Apply(range, bytes);
            var result = _test.Call(range);

            // An error of an earlier write may have been waiting for this call: it is told once.
            if (!NT_SUCCESS(result.Status)) result = _test.Call(range);
            Assert.Equal(STATUS_CACHE_PAGE_LOCKED, result.Status);
            Assert.True(Slice(_test.Store.Content, range).SequenceEqual(bytes),
                "a locked page is written as it stands");
        }

        private bool Attempt(Action call)
        {
            _mayFail = _random.Next(2) == 0;
            try
            {
                call();
                return true;
            }
            catch (IOException error)
            {
                Assert.Contains("planted", error.Message, StringComparison.Ordinal);
                _failures++;
                return false;
            }
            finally
            {
                _mayFail = false;
            }
        }

        private void Apply(ByteRange range, byte[] bytes)
        {
            if (range.End > _model.Length && !range.IsEmpty) Array.Resize(ref _model, (int)range.End);
            bytes.CopyTo(_model.AsSpan((int)Math.Min(range.Offset, _model.Length)));
        }

        private bool CheckRead(ByteRange range)
        {
            Check(range, Pages.Read(_test.File, range), "a read");
            return true;
        }

        private void Check(ByteRange range, ReadOnlySpan<byte> found, string where)
        {
            var expected = Slice(_model, range);
            Assert.Equal(expected.Length, found.Length);
            int same = found.CommonPrefixLength(expected);
            if (same != found.Length)
                throw new InvalidDataException($"{where} of {range} differs from the model at {range.Offset + same}");
        }

        private static ReadOnlySpan<byte> Slice(byte[] bytes, ByteRange range)
        {
            int start = (int)Math.Min(range.Offset, bytes.Length);
            return bytes.AsSpan(start, (int)Math.Min(range.Length, bytes.Length - start));
        }
    }
}
