using System.Collections.Immutable;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Node.Configuration;

/// <summary>Reads one entry of <c>connections</c>, with swanctl.conf's defaults.</summary>
internal sealed class ConnectionReader(AuthReader auth, IReadOnlyCollection<string> pools, IkeTimes times)
{
    private static readonly ImmutableArray<AddressRange> Any =
    [
        new(TrafficSelector.AllV4.Start, TrafficSelector.AllV4.End), new(TrafficSelector.AllV6.Start, TrafficSelector.AllV6.End),
    ];

    public ConnectionPolicy Read(string name, ConfigSection section)
    {
        ReadUnbuilt(section);
        ImmutableArray<RemoteAuthPolicy> rounds = auth.ReadRemotes(section);
        TimeSpan reauth = section.Duration("reauth_time", TimeSpan.Zero);
        IkeLifetimes lifetimes = LifetimeReader.ReadIke(section, reauth);
        var policy = new ConnectionPolicy
        {
            Name = name,
            LocalAddrs = ReadAddresses(section, "local_addrs"),
            RemoteAddrs = ReadAddresses(section, "remote_addrs"),
            Proposals = ProposalReader.Read(section, "proposals", SecurityProtocol.Ike),
            Local = auth.ReadLocal(section),
            Remote = rounds[0],
            LaterRounds = rounds[1..],
            Pools = ReadPools(section),
            RekeyTime = lifetimes.Rekey,
            OverTime = lifetimes.Over,
            RandTime = lifetimes.Random,
            DpdDelay = section.Duration("dpd_delay", TimeSpan.Zero),
            DpdTimeout = section.Duration("dpd_timeout", SumOfSchedule(times)),
            Fragmentation = section.Choice(
                "fragmentation", FragmentationMode.Yes,
                ("yes", FragmentationMode.Yes), ("accept", FragmentationMode.Accept), ("force", FragmentationMode.Force), ("no", FragmentationMode.No)),
            Mobike = section.YesNo("mobike", true),
            ForceEncapsulation = section.YesNo("encap", false),
            Unique = section.Choice(
                "unique", UniquePolicy.No,
                ("no", UniquePolicy.No), ("never", UniquePolicy.Never), ("keep", UniquePolicy.Keep), ("replace", UniquePolicy.Replace)),
            ReauthTime = reauth,
            Childless = section.Choice(
                "childless", ChildlessMode.Allow,
                ("allow", ChildlessMode.Allow), ("prefer", ChildlessMode.Prefer), ("force", ChildlessMode.Force), ("never", ChildlessMode.Never)),
            SendCert = section.Choice(
                "send_cert", SendCertificate.IfAsked,
                ("ifasked", SendCertificate.IfAsked), ("never", SendCertificate.Never), ("always", SendCertificate.Always)),
            SendCertReq = section.YesNo("send_certreq", true),
            Children = [.. section.Section("children").NamedSections().Select(child => ChildReader.Read(child.Name, child.Section))],
        };
        if (policy.Local.Auth.Class == AuthClass.Psk && rounds[0].Auth.Class == AuthClass.Eap)
        {
            section.Fault("local", "whoever says EAP would get a proof made with our pre-shared key, and could guess at it: write auth: pubkey (RFC 7296 §2.16)");
        }

        auth.CheckSecrets(section, policy);
        section.Done();
        return policy;
    }

    /// <summary>swanctl.conf's other keys: known, and refused until something obeys them.</summary>
    private static void ReadUnbuilt(ConfigSection section)
    {
        if (section.Scalar("version")?.Text == "1")
        {
            section.Fault("version", "IKEv1 is not spoken here, write 2 or leave the key out");
        }
        else
        {
            section.Choice("version", 2, ("2", 2), ("0", 2));
        }

        section.OnlyDefault("local_port", "500");
        section.OnlyDefault("remote_port", "500");
        section.OnlyDefault("aggressive", "no", "false");
        section.OnlyDefault("pull", "yes", "true");
        section.OnlyDefault("dscp", "000000");
        section.OnlyDefault("ppk_required", "no", "false");
        section.OnlyDefault("keyingtries", "1");
        section.OnlyDefault("if_id_in", "0");
        section.OnlyDefault("if_id_out", "0");
        section.OnlyDefault("mediation", "no", "false");
        section.NotYet("vips", "ppk_id", "mediated_by", "mediation_peer");
    }

    private static ImmutableArray<AddressRange> ReadAddresses(ConfigSection section, string key)
    {
        var ranges = ImmutableArray.CreateBuilder<AddressRange>();
        foreach (ConfigScalar text in section.List(key))
        {
            if (text.Text is "%any" or "0.0.0.0" or "::" or "%any4" or "%any6")
            {
                // Any address of that family; the plain word means both.
                ranges.AddRange(Any.AsSpan(text.Text is "::" or "%any6" ? 1 : 0, text.Text == "%any" ? 2 : 1));
            }
            else if (ConfigText.TryRange(text.Text, out AddressRange range))
            {
                ranges.Add(range);
            }
            else
            {
                section.Report.Fault(
                    text.Place, $"\"{text.Text}\" is not an address (names are not in this release), {ConfigText.RangeHint}");
            }
        }

        return ranges.ToImmutable();
    }

    private ImmutableArray<string> ReadPools(ConfigSection section)
    {
        ImmutableArray<ConfigScalar> written = section.List("pools");
        foreach (ConfigScalar pool in written.Where(pool => !pools.Contains(pool.Text, StringComparer.Ordinal)))
        {
            string hint = Nearest.To(pool.Text, pools) is { } near ? $"did you mean \"{near}\"?" : "write it as a section of pools";
            section.Report.Fault(pool.Place, $"there is no pool \"{pool.Text}\", {hint}");
        }

        return [.. written.Select(pool => pool.Text)];
    }

    /// <summary>What strongSwan's daemon waits before it gives a peer up: the first wait, and one after each repeat.</summary>
    private static TimeSpan SumOfSchedule(IkeTimes times) => Enumerable.Range(0, times.RetransmitTries + 1)
        .Aggregate(TimeSpan.Zero, (sum, tries) => sum + times.RetransmitAfter(tries));
}
