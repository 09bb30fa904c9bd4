using System.Runtime.Versioning;

// One campaign after another: the figures are those of one core.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: SupportedOSPlatform("linux")]
