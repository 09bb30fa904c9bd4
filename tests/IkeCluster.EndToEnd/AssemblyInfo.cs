// One machine, one TUN device and two cores: the peers would only slow each other down.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
