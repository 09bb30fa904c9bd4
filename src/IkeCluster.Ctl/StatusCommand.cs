using System.CommandLine;
using IkeCluster.Control;

namespace IkeCluster.Ctl;

/// <summary><c>ikectl status</c>.</summary>
internal static class StatusCommand
{
    public static Command Build(CtlContext context)
    {
        var command = new Command("status", "Shows how the node is");
        command.SetAction((parsed, stop) => context.AskAsync(
            parsed, HttpMethod.Get, ControlPaths.Status, ControlJson.Default.StatusReply,
            status => Print(context, status, context.IsJson(parsed)), stop));
        return context.Reads(command);
    }

    private static void Print(CtlContext context, StatusReply status, bool isJson)
    {
        if (isJson)
        {
            context.PrintJson(status, ControlJson.Default.StatusReply);
            return;
        }

        context.PrintTable(["NODE", status.Node],
        [
            ["state", status.Trouble is null ? status.State : $"{status.State}: {status.Trouble}"],
            ["up for", Show.Span(status.UptimeS)],
            ["version", status.Version],
            ["configuration", status.Config],
            ["store", status.Store],
            ["listens on", Show.List(status.Listen)],
            ["shards", Show.Count(status.Shards)],
            ["event loops", Show.Count(status.Loops)],
            ["IKE SAs established", Show.Count(status.Established)],
            ["IKE SAs half-open", Show.Count(status.HalfOpen)],
            ["Child SAs", Show.Count(status.ChildSas)],
            ["memory", Show.Bytes(status.MemoryBytes)],
        ]);
    }
}
