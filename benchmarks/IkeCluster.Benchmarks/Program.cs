using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using IkeCluster.Benchmarks;
using IkeCluster.Benchmarks.Engine;

if (args.Contains(LiveMemory.Switch, StringComparer.Ordinal))
{
    LiveMemory.Measure();
    return;
}

// In this process: the projects that BenchmarkDotNet generates would fall under the rules of Directory.Build.props.
Job job = Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance);
if (args.Contains(ThreadCpuClock.Switch, StringComparer.Ordinal))
{
    job = job.WithClock(new ThreadCpuClock());
}

IConfig config = DefaultConfig.Instance
    .AddJob(job)
    .AddDiagnoser(MemoryDiagnoser.Default)
    .HideColumns(Column.Error, Column.StdDev, Column.RatioSD);
string[] rest = [.. args.Where(static arg => arg is not ThreadCpuClock.Switch)];
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(rest, config);
