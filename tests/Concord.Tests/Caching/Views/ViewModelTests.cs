using Concord.Caching;

namespace Concord.Tests.Caching.Views;

/// <summary>Random operations by every way to a file, views among them, against a plain byte array.</summary>
public sealed class ViewModelTests
{
    private const int PagesMax = 80;

    private static int Operations => TestRun.IsFull ? 250_000 : 20_000;

    [Theory]
    [InlineData(16, false)]
    [InlineData(64, false)]
    [InlineData(256, false)]
    [InlineData(24, true)]
    public void Every_way_shows_what_the_model_has(int capacityPages, bool isSynchronous)
    {
        for (int seed = 1; seed <= 5; seed++) new Run(seed, capacityPages, isSynchronous).Go(Operations / 5);
        Figures.Record("R1", $"with views, {capacityPages} pages, {(isSynchronous ? "synchronous" : "asynchronous")}",
            $"{Operations:N0} operations, no difference", "250,000 operations, no difference");
    }

    private sealed class Run
    {
        private readonly Random _random;
        private readonly ViewFixture _fixture;
        private readonly List<MappedView> _views = [];
        private readonly byte[] _model = new byte[(PagesMax + 1) * Pages.Bytes];
        private readonly string _name;
        private int _length = 40 * Pages.Bytes;

        internal Run(int seed, int capacityPages, bool isSynchronous)
        {
            _random = new Random(seed);
            _name = $"seed {seed}, capacity {capacityPages}";
            _random.NextBytes(_model.AsSpan(0, _length));
            _fixture = new ViewFixture(
                _model[.._length], capacityPages, PageFaultDispatcher.Open(isSynchronous: isSynchronous));
        }

        internal void Go(int operations)
        {
            for (int step = 0; step < operations; step++) Step(step);
            foreach (var view in _views) view.Dispose();
            Assert.True(_fixture.File.FlushAndPurge().IsComplete);
            Check("in the end", _fixture.Store.Content, new ByteRange(0, _length));
            _fixture.Dispose();
        }

        private void Step(int step)
        {
            var range = Range();

            switch (_random.Next(14))
            {
                case 0 when _views.Count < 4:
                    var access = (ViewAccess)_random.Next(2);
                    _views.Add(_fixture.File.MapView(range, access));
                    break;
                case 1 when _views.Count > 0:
                    int which = _random.Next(_views.Count);
                    _views[which].Dispose();
                    _views.RemoveAt(which);
                    break;
                case 2 or 3 or 4 when Part() is { } part:
                    Check($"step {step}, view", NativeMemory.Read(part.View, part.Offset, part.Length), part.Range);
                    break;
                case 5 or 6 or 7 when Part() is { View.Access: ViewAccess.ReadWrite } part:
                    NativeMemory.Write(part.View, part.Offset, Change(part.Range));
                    break;
                case 8:
                    Check($"step {step}, read", Pages.Read(_fixture.File, range), range);
                    break;
                case 9:
                    _fixture.File.Write(range.Offset, Change(range));
                    break;
                case 10:
                    _fixture.File.FlushAndPurge(
                        range, _random.Next(2) == 0 ? CoherencyOptions.NoPurge : CoherencyOptions.None);
                    break;
                case 11:
                    SetLength(_random.Next(1, PagesMax * Pages.Bytes));
                    break;
                case 12:
                    _fixture.File.WriteUncached(range.Offset, Change(range));
                    break;
                case 13:
                    byte[] found = new byte[range.Length];
                    _fixture.File.ReadUncached(range.Offset, found);
                    Check($"step {step}, uncached", found, range);
                    break;
                default:
                    Assert.True(_fixture.File.FlushAndPurge().IsComplete, _name);
                    break;
            }
        }

        private void SetLength(int length)
        {
            _fixture.File.SetLength(length);
            _model.AsSpan(Math.Min(length, _length)).Clear();
            _length = length;
        }

        /// <summary>Some bytes within the file.</summary>
        private ByteRange Range()
        {
            int start = _random.Next(_length);
            return new ByteRange(start, _random.Next(1, Math.Min(_length - start, 5 * Pages.Bytes) + 1));
        }

        /// <summary>Some bytes of a view that lie within the file.</summary>
        private (MappedView View, long Offset, int Length, ByteRange Range)? Part()
        {
            if (_views.Count == 0) return null;
            var view = _views[_random.Next(_views.Count)];
            var inFile = view.Range.Intersect(new ByteRange(0, _length));
            if (inFile.IsEmpty) return null;
            long offset = _random.NextInt64(inFile.Length);
            int length = (int)_random.NextInt64(1, inFile.Length - offset + 1);
            return (view, offset, length, new ByteRange(view.Range.Offset + offset, length));
        }

        private byte[] Change(ByteRange range)
        {
            byte[] bytes = new byte[range.Length];
            _random.NextBytes(bytes);
            bytes.CopyTo(_model, range.Offset);
            return bytes;
        }

        private void Check(string what, byte[] found, ByteRange range)
        {
            int at = found.AsSpan().CommonPrefixLength(_model.AsSpan((int)range.Offset, (int)range.Length));
            Assert.True(at == found.Length && found.Length == range.Length,
                $"{_name}, {what}, {range}: differs at {range.Offset + at}");
        }
    }
}
