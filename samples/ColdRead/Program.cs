using BenchmarkDotNet.Running;
using ColdRead;

// dotnet run -c Release --project samples/ColdRead; BenchmarkDotNet's own options may follow "--", such as --job short.
BenchmarkSwitcher.FromTypes([typeof(Reads)]).Run(args.Length == 0 ? ["--filter", "*"] : args);
