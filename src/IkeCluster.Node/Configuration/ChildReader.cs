using IkeCluster.Engine.Children;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Node.Configuration;

/// <summary>Reads one entry of a connection's <c>children</c>, with swanctl.conf's defaults.</summary>
internal static class ChildReader
{
    private const string NoDataPlane = "nothing counts with dataplane.provider none, so it never comes to that";

    public static ChildPolicy Read(string name, ConfigSection section)
    {
        ReadUnbuilt(section);
        ChildTimes times = LifetimeReader.ReadChild(section);
        var policy = new ChildPolicy
        {
            Name = name,
            LocalTs = SelectorReader.Read(section, "local_ts"),
            RemoteTs = SelectorReader.Read(section, "remote_ts"),
            EspProposals = ProposalReader.Read(section, "esp_proposals", SecurityProtocol.Esp),
            Mode = section.Choice("mode", ChildMode.Tunnel, ("tunnel", ChildMode.Tunnel), ("transport", ChildMode.Transport)),
            RekeyTime = times.Rekey,
            LifeTime = times.Life,
            RandTime = times.Random,
            Octets = LifetimeReader.ReadVolume(section, "bytes"),
            Packets = LifetimeReader.ReadVolume(section, "packets"),
            StartsItself = ReadAction(section, "start_action"),
            RestartsItself = ReadAction(section, "close_action"),
        };
        foreach (string key in (ReadOnlySpan<string>)["rekey_bytes", "life_bytes", "rekey_packets", "life_packets"])
        {
            if (section.Scalar(key) is { Text: not "0" })
            {
                section.Warn(key, NoDataPlane);
            }
        }

        section.Done();
        return policy;
    }

    /// <summary>A trap is laid in the data plane, which sees the first packet.</summary>
    private static bool ReadAction(ConfigSection section, string key)
    {
        if (section.Scalar(key) is { Text: "trap" or "trap|start" or "start|trap" })
        {
            section.Fault(key, "a trap needs a data plane that lays it, and there is none in this release; write none or start");
            return false;
        }

        return section.Choice(key, false, ("none", false), ("start", true));
    }

    private static void ReadUnbuilt(ConfigSection section)
    {
        section.NotYet("ah_proposals", "updown", "interface", "label");
        section.OnlyDefault("dpd_action", "clear", "none");
        section.OnlyDefault("policies", "yes", "true");
        section.OnlyDefault("replay_window", "32");
        section.OnlyDefault("copy_df", "yes", "true");
        section.OnlyDefault("copy_ecn", "yes", "true");
        section.OnlyDefault("copy_dscp", "out");
        section.OnlyDefault("label_mode", "system");
        foreach (string off in (ReadOnlySpan<string>)["sha256_96", "hostaccess", "policies_fwd_out", "ipcomp", "mark_in_sa", "hw_offload"])
        {
            section.OnlyDefault(off, "no", "false");
        }

        foreach (string zero in (ReadOnlySpan<string>)
        [
            "reqid", "priority", "mark_in", "mark_out", "set_mark_in", "set_mark_out", "if_id_in", "if_id_out", "tfc_padding", "inactivity",
        ])
        {
            section.OnlyDefault(zero, "0", "0s");
        }
    }
}
