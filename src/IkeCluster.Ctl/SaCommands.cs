using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using IkeCluster.Control;

namespace IkeCluster.Ctl;

/// <summary><c>ikectl sa list|show|rekey|terminate</c>.</summary>
internal static class SaCommands
{
    private const int SpiDigits = 16;

    public static Command Build(CtlContext context) => new("sa", "IKE SAs and their Child SAs")
    {
        BuildList(context),
        BuildShow(context),
        BuildRekey(context),
        BuildTerminate(context),
    };

    private static Command BuildList(CtlContext context)
    {
        var identity = new Option<string?>("--identity") { Description = "Only SAs of this identity; * stands for any characters", HelpName = "I" };
        var address = new Option<string?>("--address") { Description = "Only SAs with this address, outer or virtual", HelpName = "A" };
        var node = new Option<string?>("--node") { Description = "Only SAs of this node", HelpName = "N" };
        var limit = new Option<int>("--limit") { Description = "At most so many", HelpName = "N", DefaultValueFactory = _ => 1000 };
        limit.Validators.Add(MustBePositive);
        var command = new Command("list", "Lists IKE SAs") { identity, address, node, limit };
        command.SetAction((parsed, stop) =>
        {
            string path = CtlContext.WithQuery(
                ControlPaths.Sas,
                ("identity", parsed.GetValue(identity)), ("address", parsed.GetValue(address)), ("node", parsed.GetValue(node)),
                ("limit", parsed.GetValue(limit).ToString(CultureInfo.InvariantCulture)));
            return context.AskAsync(
                parsed, HttpMethod.Get, path, ControlJson.Default.IReadOnlyListSaInfo,
                (sas, more) =>
                {
                    PrintList(context, sas, context.IsJson(parsed));
                    if (more > 0)
                    {
                        context.Error.WriteLine($"ikectl: {more} more; --limit {sas.Count + more} shows them too, --identity and --address narrow the list");
                    }
                },
                stop);
        });
        return context.Reads(command);
    }

    private static Command BuildShow(CtlContext context)
    {
        Argument<string> spi = SpiArgument(ArgumentArity.ExactlyOne);
        var command = new Command("show", "Shows one IKE SA with its Child SAs") { spi };
        command.SetAction((parsed, stop) => context.AskAsync(
            parsed, HttpMethod.Get, $"{ControlPaths.Sas}/{parsed.GetRequiredValue(spi)}", ControlJson.Default.SaInfo,
            sa => PrintOne(context, sa, context.IsJson(parsed)), stop));
        return context.Reads(command);
    }

    private static Command BuildRekey(CtlContext context)
    {
        Argument<string> spi = SpiArgument(ArgumentArity.ExactlyOne);
        var child = new Option<string?>("--child") { Description = "Only the Child SAs of this name", HelpName = "NAME" };
        var command = new Command("rekey", "Has an IKE SA rekeyed now, or one Child SA") { spi, child };
        command.SetAction((parsed, stop) => context.AskAsync(
            parsed, HttpMethod.Post, CtlContext.WithQuery(ControlPaths.Rekey, ("spi", parsed.GetValue(spi)), ("child", parsed.GetValue(child))),
            ControlJson.Default.RekeyReply, reply => context.Output.WriteLine($"{reply.Matched} to rekey"), stop));
        return command;
    }

    private static Command BuildTerminate(CtlContext context)
    {
        Argument<string> spi = SpiArgument(ArgumentArity.ZeroOrOne);
        var child = new Option<string?>("--child") { Description = "Only the Child SAs of this name", HelpName = "NAME" };
        var identity = new Option<string?>("--identity") { Description = "All IKE SAs of this identity", HelpName = "I" };
        var all = new Option<bool>("--all") { Description = "Every IKE SA of the node" };
        var command = new Command("terminate", "Ends IKE SAs, or one Child SA") { spi, child, identity, all };
        command.Validators.Add(result =>
        {
            int named = (result.GetValue(spi) is null ? 0 : 1) + (result.GetValue(identity) is null ? 0 : 1) + (result.GetValue(all) ? 1 : 0);
            if (named != 1)
            {
                result.AddError("say what to end: an SPI, --identity I or --all, one of them");
            }
            else if (result.GetValue(child) is not null && result.GetValue(spi) is null)
            {
                result.AddError("--child goes with an SPI");
            }
        });
        command.SetAction((parsed, stop) =>
        {
            string path = CtlContext.WithQuery(
                ControlPaths.Terminate,
                ("spi", parsed.GetValue(spi)), ("child", parsed.GetValue(child)), ("identity", parsed.GetValue(identity)),
                ("all", parsed.GetValue(all) ? "true" : null));
            return context.AskAsync(
                parsed, HttpMethod.Post, path, ControlJson.Default.TerminateReply,
                reply => context.Output.WriteLine($"{reply.Matched} to end"), stop);
        });
        return command;
    }

    private static Argument<string> SpiArgument(ArgumentArity arity)
    {
        var spi = new Argument<string>("SPI") { Description = "The SPI of ours: 16 hexadecimal digits, local_spi of the list", Arity = arity };
        spi.Validators.Add(result =>
        {
            string text = result.Tokens.Count == 0 ? "" : result.Tokens[0].Value;
            if (text.Length != SpiDigits || !text.All(char.IsAsciiHexDigit))
            {
                result.AddError($"\"{text}\" is not an SPI, write 16 hexadecimal digits");
            }
        });
        return spi;
    }

    private static void MustBePositive(OptionResult result)
    {
        bool isPositive = result.Tokens.Count == 0
            || (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0);
        if (!isPositive)
        {
            result.AddError("--limit is a number above 0");
        }
    }

    private static void PrintList(CtlContext context, IReadOnlyList<SaInfo> sas, bool isJson)
    {
        if (isJson)
        {
            context.PrintJson(sas, ControlJson.Default.IReadOnlyListSaInfo);
            return;
        }

        context.PrintTable(
            ["SPI", "CONNECTION", "STATE", "PEER", "ADDRESS", "VIRTUAL", "CHILDREN", "AGE", "REKEY IN"],
            sas.Select(sa => (string[])
            [
                sa.LocalSpi, sa.Connection, sa.State, sa.EapId ?? sa.RemoteId, sa.RemoteAddress, Show.List(sa.VirtualIps),
                Show.List([.. sa.Children.Select(child => child.Name)]), Show.Span(sa.EstablishedS), Show.Until(sa.RekeyInS),
            ]));
    }

    private static void PrintOne(CtlContext context, SaInfo sa, bool isJson)
    {
        if (isJson)
        {
            context.PrintJson(sa, ControlJson.Default.SaInfo);
            return;
        }

        context.PrintTable(["IKE SA", sa.LocalSpi],
        [
            ["connection", sa.Connection],
            ["state", sa.State],
            ["SPIs (ours, theirs)", $"{sa.LocalSpi} {sa.PeerSpi}"],
            ["local", $"{sa.LocalId} at {sa.LocalAddress}"],
            ["remote", $"{sa.RemoteId}{(sa.EapId is null ? "" : $" (EAP: {sa.EapId})")} at {sa.RemoteAddress}"],
            ["virtual addresses", Show.List(sa.VirtualIps)],
            ["proposal", sa.Proposal],
            ["established", $"{Show.Span(sa.EstablishedS)} ago"],
            ["rekey in", Show.Until(sa.RekeyInS)],
            ["node, shard", $"{sa.Node}, {sa.Shard}"],
        ]);
        if (sa.Children.Count > 0)
        {
            context.Output.WriteLine();
            context.PrintTable(
                ["CHILD SA", "SPI IN", "SPI OUT", "MODE", "PROPOSAL", "LOCAL", "REMOTE", "IN", "OUT", "REKEY IN"],
                sa.Children.Select(child => (string[])
                [
                    child.Name, child.SpiIn, child.SpiOut, child.Mode, child.Proposal, Show.List(child.LocalTs), Show.List(child.RemoteTs),
                    Show.Bytes(child.BytesIn), Show.Bytes(child.BytesOut), Show.Until(child.RekeyInS),
                ]));
        }
    }
}
