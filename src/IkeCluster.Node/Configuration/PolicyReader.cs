using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Engine.Policy;

namespace IkeCluster.Node.Configuration;

/// <summary>Reads what is about peers: <c>connections</c>, <c>pools</c>, <c>secrets</c>, <c>authorities</c>, <c>ike</c>,
/// <c>limits</c>, <c>redirect</c>.</summary>
internal static class PolicyReader
{
    public static PolicySet Read(ConfigSection root, string folder)
    {
        var files = new CredentialFiles(folder, root.Report);
        ConfigSection authoritySections = root.Section("authorities");
        ImmutableArray<X509Certificate2> authorities = ReadAuthorities(authoritySections, files);
        var secrets = new SecretReader(files);
        secrets.Read(root.Section("secrets"));
        ConfigSection ike = root.Section("ike");
        bool tellsInvalidSpi = ike.YesNo("unprotected_notifies", false);
        IkeTimes times = NodeReader.ReadTimes(ike);
        ConfigSection pools = root.Section("pools");
        var auth = new AuthReader(files, secrets, hasAuthorities: authoritySections.Keys.Any());
        var reader = new ConnectionReader(auth, [.. pools.Keys], times);
        ImmutableArray<ConnectionPolicy> connections =
            [.. root.Section("connections").NamedSections().Select(named => reader.Read(named.Name, named.Section))];
        if (connections.IsEmpty)
        {
            root.Report.Warn(root.PlaceOf("connections"), "there are no connections, nobody can log in");
        }

        return new PolicySet(connections, PoolReader.Read(pools), secrets.Shared, TrustAnchors.From(authorities), times)
        {
            Limits = LimitsReader.Read(root.Section("limits")),
            UnprotectedNotifies = tellsInvalidSpi,
            Redirect = RedirectReader.Read(root.Section("redirect")),
            EapSecrets = new PskStore(secrets.Eap),
        };
    }

    private static ImmutableArray<X509Certificate2> ReadAuthorities(ConfigSection authorities, CredentialFiles files)
    {
        var found = ImmutableArray.CreateBuilder<X509Certificate2>();
        foreach ((_, ConfigSection section) in authorities.NamedSections())
        {
            if (section.Scalar("cacert") is { } file)
            {
                found.AddRange(files.Authorities(file));
            }
            else if (!section.Has("cacert"))
            {
                section.Fault("cacert", "is missing, name the authority's certificate");
            }

            section.OnlyDefault("crl_uris", "");
            section.OnlyDefault("ocsp_uris", "");
            section.NotYet("file", "handle", "slot", "module", "cert_uri_base");
            section.Done();
        }

        return found.ToImmutable();
    }
}
