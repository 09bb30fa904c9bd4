// One workshop, in which one fault at a time is built.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
