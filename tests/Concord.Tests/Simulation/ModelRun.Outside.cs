using Concord.Scheduling;

namespace Concord.Tests.Simulation;

// Another program that appends to the file and cuts it (I10). What is dirty is in the store before, so that it is known
// which bytes are whose; pages stay in memory, and the last one of the file among them.
internal sealed partial class ModelRun
{
    private async Task AppendOutsideAsync(CachedFile file, ModelOperation operation)
    {
        await file.FlushAsync();
        Check(_store.Content.Length == _model.Length,
            $"a flush makes the store as long as the file: {_store.Content.Length}");
        await TryBehindEndAsync(file, operation);
        byte[] bytes = Bytes(operation.Value, 1 + operation.Length);
        long end = _model.Length;
        _store.AppendOutside(bytes);
        Apply(end, bytes);
        switch (operation.Value % 4)
        {
            case 0:
                await file.FlushAndPurgeAsync();
                break;
            case 1:
                await file.FlushAndPurgeAsync(new ByteRange(end, bytes.Length));
                break;
            case 2 when end > 0:
                await file.FlushAndPurgeAsync(new ByteRange(end - 1, 1));
                break;
            default:
                // Nobody was told: what is written further on must leave the other's bytes as they are.
                byte[] further = Bytes(operation.Value + 1, 10);
                await file.WriteAsync(_model.Length + operation.Offset % 9000, further);
                Apply(_model.Length + operation.Offset % 9000, further);
                break;
        }

        Check(file.Length == _model.Length,
            $"what another program appended is the file's: {file.Length} of {_model.Length}");
        CheckAll(await ContentAsync(file));
    }

    /// <summary>
    /// Tries to write behind the end, every other time: pages come there, of zeros, that are not the file's.
    /// </summary>
    private async Task TryBehindEndAsync(CachedFile file, ModelOperation operation)
    {
        if (operation.Value / 4 % 2 == 0) return;
        long offset = _model.Length + (operation.Offset % 20_000);
        byte[] bytes = Bytes(operation.Value + 2, 5);
        if (file.TryWrite(offset, bytes))
        {
            Apply(offset, bytes);
            await file.FlushAsync();
        }

        await _scheduler.DelayAsync(TimeSpan.FromMilliseconds(1), CallMode.Async);
    }

    private async Task CutOutsideAsync(CachedFile file, ModelOperation operation)
    {
        await file.FlushAsync();
        int length = operation.Offset % (_model.Length + 1);
        _store.CutOutside(length);
        var seen = operation.Value % 3 == 0
            ? ByteRange.FromBounds(0, long.MaxValue)
            : ByteRange.FromBounds(length, Math.Max(length + 1, _model.Length));
        await file.FlushAndPurgeAsync(seen);
        Resize(length);
        Check(file.Length == length, $"what another program cut off is not the file's: {file.Length} of {length}");
        CheckAll(await ContentAsync(file));
    }

    private static async Task<byte[]> ContentAsync(CachedFile file)
    {
        byte[] bytes = new byte[file.Length];
        int count = await file.ReadAsync(0, bytes);
        return bytes[..count];
    }

    private void CheckAll(byte[] content) =>
        CheckSame(content, _model, 0, "after another program a read shows the model");
}
