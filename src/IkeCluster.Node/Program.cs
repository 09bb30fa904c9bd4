using IkeCluster.Node;

return await CommandLine.RunAsync(args, Console.Out, Console.Error, _ => Task.CompletedTask);
