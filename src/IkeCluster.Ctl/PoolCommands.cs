using System.CommandLine;
using IkeCluster.Control;

namespace IkeCluster.Ctl;

/// <summary><c>ikectl pool list</c>.</summary>
internal static class PoolCommands
{
    public static Command Build(CtlContext context)
    {
        var list = new Command("list", "Lists address pools and how full they are");
        list.SetAction((parsed, stop) => context.AskAsync(
            parsed, HttpMethod.Get, ControlPaths.Pools, ControlJson.Default.IReadOnlyListPoolInfo,
            pools => Print(context, pools, context.IsJson(parsed)), stop));
        return new Command("pool", "Address pools") { context.Reads(list) };
    }

    private static void Print(CtlContext context, IReadOnlyList<PoolInfo> pools, bool isJson)
    {
        if (isJson)
        {
            context.PrintJson(pools, ControlJson.Default.IReadOnlyListPoolInfo);
            return;
        }

        context.PrintTable(
            ["POOL", "ADDRESSES", "SIZE", "LEASED", "STICKY"],
            pools.Select(pool => (string[])
                [pool.Name, Show.List(pool.Addrs), Show.Count(pool.Size), Show.Count(pool.Leased), Show.Count(pool.Sticky)]));
    }
}
