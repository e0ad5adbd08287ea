using System.Buffers.Text;
using Concord.Measuring.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace Concord.Measuring.Interop;

/// <summary>Chooses the meter for this system.</summary>
internal static class Disturbance
{
    public static IDisturbanceMeter CreateMeter() => OperatingSystem.IsLinux() ? new LinuxMeter() : new NoMeter();

    /// <summary>
    /// Counts involuntary switches of this process, and ticks in which the hypervisor ran another machine on one of the
    /// processors: either means that a time measured meanwhile has more in it than the work.
    /// </summary>
    private sealed unsafe class LinuxMeter : IDisturbanceMeter
    {
        private const int FirstLineBytesMax = 512;

        /// <summary>The first line reads: cpu user nice system idle iowait irq softirq steal …</summary>
        private const int StealField = 8;

        private readonly SafeFileHandle _statistics = File.OpenHandle("/proc/stat");

        public string Watches => "involuntary switches (getrusage) and steal ticks (/proc/stat)";

        public long Count(bool withSwitches) => (withSwitches ? InvoluntarySwitches() : 0) + StealTicks();

        private static long InvoluntarySwitches()
        {
            long* usage = stackalloc long[Libc.RusageWords];
            if (Libc.Getrusage(Libc.RusageSelf, usage) != 0) throw Libc.LastError("read this process's usage");
            return usage[Libc.RusageInvoluntarySwitches];
        }

        private long StealTicks()
        {
            Span<byte> beginning = stackalloc byte[FirstLineBytesMax];
            beginning = beginning[..RandomAccess.Read(_statistics, beginning, fileOffset: 0)];
            ReadOnlySpan<byte> line = beginning[..beginning.IndexOf((byte)'\n')];
            int field = 0;
            foreach (Range part in line.Split((byte)' '))
            {
                // Two spaces follow the name, so one part is empty.
                if (line[part].IsEmpty) continue;
                if (field++ == StealField && Utf8Parser.TryParse(line[part], out long ticks, out _)) return ticks;
            }

            throw new InvalidDataException("/proc/stat does not begin with the processors' times");
        }
    }

    private sealed class NoMeter : IDisturbanceMeter
    {
        public string Watches => "nothing: this system does not count disturbances in a way known here";

        public long Count(bool withSwitches) => 0;
    }
}
