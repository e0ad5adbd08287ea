using Concord.Nt;
using Concord.Tests.Caching;
using static Concord.Nt.Ntddk;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>
/// The routines of a file system mixed at random on one file, with failing writes and barriers, against a plain byte
/// array.
/// </summary>
public sealed unsafe class RandomFamilyTests
{
    private const int FilePages = 24, FaultRate = 6;

    [Fact]
    [Row(108)]
    public void No_acknowledged_byte_is_lost_whatever_routines_a_file_system_calls()
    {
        int seeds = TestRun.IsFull ? 400 : 25, calls = TestRun.IsFull ? 1500 : 500, failures = 0;
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
        private readonly CachingFixture _test = new(FilePages, fill: 0);
        private byte[] _model = new byte[FilePages * Pages.Bytes];
        private bool _mayFail;
        private byte _next;
        private int _failures;

        internal int Play(int calls)
        {
            _test.Store.Fails = call =>
                _mayFail && call.Kind is StoreCallKind.Write or StoreCallKind.Barrier && _random.Next(FaultRate) == 0
                    ? new IOException("planted", 5) : null;
            for (int i = 0; i < calls; i++)
            {
                PlayOne();
                Check(Some());
            }

            _ = _test.FlushAll();
            Assert.Equal(STATUS_SUCCESS, _test.FlushAll().Status);
            Assert.True(_test.Store.Content.AsSpan().SequenceEqual(_model), "the store holds the model");
            Assert.Equal(_model.Length, CcGetFlushedValidData(_test.Pointers, false).QuadPart);
            return _failures;
        }

        public void Dispose() => _test.Dispose();

        private void PlayOne()
        {
            switch (_random.Next(14))
            {
                case 0: Flush(() => _test.Flush(Some()).Status); break;
                case 1: Flush(() => _test.FlushAll().Status); break;
                case 2: Flush(() => _test.Inner.Call(Some()).Status); break;
                case 3: Purge(Some()); break;
                case 4: Pin(Inside(), flushes: _random.Next(2) == 0); break;
                case 5: Prepare(Inside()); break;
                case 6: WriteMdl(Inside(), completes: true); break;
                case 7: WriteMdl(Inside(), completes: false); break;
                case 8: SetSizes(_random.Next(FilePages * Pages.Bytes)); break;
                case 9: Zero(Some()); break;
                case 10: WriteThrough(Some()); break;
                case 11: Restart(); break;
                default: Write(Some()); break;
            }
        }

        private ByteRange Some() => new(_random.Next(_model.Length + 5000), _random.Next(3 * Pages.Bytes));

        /// <summary>A range within the file and one view; empty if there is none.</summary>
        private ByteRange Inside() => Some().Intersect(new ByteRange(0, _model.Length));

        private byte[] Bytes(ByteRange range) => [.. Enumerable.Repeat(++_next, (int)range.Length)];

        private void Apply(ByteRange range, byte[] bytes)
        {
            if (range.End > _model.Length && !range.IsEmpty) Array.Resize(ref _model, (int)range.End);
            bytes.CopyTo(_model.AsSpan((int)Math.Min(range.Offset, _model.Length)));
        }

        private void Check(ByteRange range)
        {
            byte[] found = _test.Read(range.Offset, (int)range.Length)!;
            int start = (int)Math.Min(range.Offset, _model.Length);
            var expected = _model.AsSpan(start, (int)Math.Min(range.Length, _model.Length - start));
            Assert.Equal(expected.Length, found.Length);
            int same = found.AsSpan().CommonPrefixLength(expected);
            if (same != found.Length)
                throw new InvalidDataException($"a read of {range} differs from the model at {range.Offset + same}");
        }

        private void Write(ByteRange range)
        {
            byte[] bytes = Bytes(range);

            // What was read just now is there, so that no load begins behind this thread's back.
            bool waits = range.End > _model.Length || _random.Next(3) > 0;
            Check(range);
            if (_test.Write(range.Offset, bytes, waits)) Apply(range, bytes);
            else Assert.False(waits);
        }

        private void WriteThrough(ByteRange range)
        {
            byte[] bytes = Bytes(range);
            _test.Object->Flags |= FILE_OBJECT.FO_WRITE_THROUGH;
            if (MayFail(() => _test.Write(range.Offset, bytes)) && !range.IsEmpty)
            {
                Assert.True(_test.Store.Content.AsSpan((int)range.Offset, bytes.Length).SequenceEqual(bytes),
                    "what was written through is in the store");
            }

            // Where that failed the bytes are in the cache all the same.
            Apply(range, bytes);
            _test.Object->Flags = 0;
        }

        private void Flush(Func<NTSTATUS> call)
        {
            _mayFail = _random.Next(2) == 0;
            var status = call();
            _mayFail = false;
            if (status == STATUS_SUCCESS) return;
            Assert.Equal(STATUS_IO_DEVICE_ERROR, status);
            _failures++;
        }

        private void Purge(ByteRange range)
        {
            Assert.True(_test.Purge(range.Offset, (uint)range.Length));
            byte[] stored = _test.Store.Content;
            long end = range.IsEmpty || range.End >= _model.Length ? FilePages * 4 : range.End / Pages.Bytes;
            for (long page = (range.Offset + Pages.Bytes - 1) / Pages.Bytes; page < end; page++)
            {
                var inside = Pages.Range(page).Intersect(new ByteRange(0, _model.Length));
                for (long at = inside.Offset; at < inside.End; at++)
                    _model[at] = at < stored.Length ? stored[at] : (byte)0;
            }
        }

        private void Pin(ByteRange range, bool flushes)
        {
            if (range.IsEmpty) return;
            byte[] bytes = Bytes(range);
            var (mapped, shown) = _test.Map(range)!.Value;
            var (bcb, buffer) = _test.Pin(range, PIN_WAIT | PIN_EXCLUSIVE)!.Value;
            Assert.True(shown == buffer);
            CcSetDirtyPinnedData(bcb, null);
            bytes.CopyTo(new Span<byte>(buffer, bytes.Length));
            Apply(range, bytes);
            if (flushes)
            {
                // An error of an earlier write may have been waiting for this call: it is told once.
                var result = _test.Inner.Call(range);
                if (!NT_SUCCESS(result.Status)) result = _test.Inner.Call(range);
                Assert.Equal(STATUS_CACHE_PAGE_LOCKED, result.Status);
            }

            CcUnpinData(bcb);
            CcUnpinData(mapped);
        }

        private void Prepare(ByteRange range)
        {
            if (range.IsEmpty) return;
            void* bcb, buffer;
            var start = new LARGE_INTEGER { QuadPart = range.Offset };
            Assert.True(CcPreparePinWrite(_test.Object, &start, (uint)range.Length, true, PIN_WAIT, &bcb, &buffer));
            *(byte*)buffer = ++_next;
            byte[] bytes = new byte[range.Length];
            bytes[0] = _next;
            Apply(range, bytes);
            CcUnpinData(bcb);
        }

        private void WriteMdl(ByteRange range, bool completes)
        {
            // What is given up leaves the store's bytes, as far as the pages are clean.
            if (!completes && _test.FlushAll().Status != STATUS_SUCCESS) return;
            byte[] bytes = Bytes(range);
            MDL* made;
            IO_STATUS_BLOCK status;
            var start = new LARGE_INTEGER { QuadPart = range.Offset };
            CcPrepareMdlWrite(_test.Object, &start, (uint)range.Length, &made, &status);
            var chain = made;
            int done = 0;
            for (MDL* mdl = chain; mdl is not null; mdl = mdl->Next)
            {
                bytes.AsSpan(done, (int)mdl->ByteCount)
                    .CopyTo(new Span<byte>(mdl->MappedSystemVa, (int)mdl->ByteCount));
                done += (int)mdl->ByteCount;
            }

            Assert.Equal(bytes.Length, done);
            if (!completes)
            {
                CcMdlWriteAbort(_test.Object, chain);
                return;
            }

            bool isThrough = _random.Next(2) == 0;
            if (isThrough) _test.Object->Flags |= FILE_OBJECT.FO_WRITE_THROUGH;
            while (!MayFail(() => CcMdlWriteComplete(_test.Object, null, chain))) Assert.True(isThrough);
            _test.Object->Flags = 0;
            Apply(range, bytes);
        }

        private void SetSizes(int length)
        {
            _test.SetSizes(length);
            Array.Resize(ref _model, length);
        }

        private void Zero(ByteRange range)
        {
            LARGE_INTEGER start = new() { QuadPart = range.Offset }, end = new() { QuadPart = range.End };
            Assert.True(CcZeroData(_test.Object, &start, &end, true));
            var inside = range.Intersect(new ByteRange(0, _model.Length));
            if (!inside.IsEmpty) _model.AsSpan((int)inside.Offset, (int)inside.Length).Clear();
        }

        private void Restart()
        {
            CACHE_UNINITIALIZE_EVENT ended;
            KeInitializeEvent(&ended.Event, EVENT_TYPE.NotificationEvent, false);
            _mayFail = _random.Next(2) == 0;
            Assert.True(CcUninitializeCacheMap(_test.Object, null, _random.Next(2) == 0 ? &ended : null));
            _mayFail = false;
            _ = MmForceSectionClosed(_test.Pointers, false);
            _test.Initialize(_test.Nt);
        }

        private bool MayFail(Action call)
        {
            _mayFail = _random.Next(2) == 0;
            try
            {
                call();
                return true;
            }
            catch (NtStatusException raised)
            {
                Assert.Equal(STATUS_IO_DEVICE_ERROR, raised.Status);
                _failures++;
                return false;
            }
            finally
            {
                _mayFail = false;
            }
        }
    }
}
