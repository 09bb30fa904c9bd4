using System.CommandLine;
using System.CommandLine.Invocation;
using IkeCluster.Load;

const int Usage = 2;

var root = new RootCommand("A real IKEv2 initiator: dials one SA") { DialCommand.Make(Console.Out, Console.Error) };
ParseResult parsed = root.Parse(args);
if (parsed.Action is ParseErrorAction)
{
    await Console.Error.WriteLineAsync($"ikeload: {string.Join("; ", parsed.Errors.Select(fault => fault.Message))}");
    return Usage;
}

// Ctrl-C is the command's own business: it deletes its SA first.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
