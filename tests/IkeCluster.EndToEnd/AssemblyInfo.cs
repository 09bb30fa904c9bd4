using System.Runtime.Versioning;

// One machine, one TUN device and two cores: the peers would only slow each other down.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: SupportedOSPlatform("linux")]
