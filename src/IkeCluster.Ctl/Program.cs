using IkeCluster.Ctl;

return await CtlProgram.RunAsync(args, Console.Out, Console.Error, ControlEndpoint.Connect);
