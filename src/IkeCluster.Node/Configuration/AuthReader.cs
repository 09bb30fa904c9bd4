using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine.Authentication.Eap;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Node.Configuration;

/// <summary>Reads <c>local</c> and <c>remote</c> of a connection: how each side proves itself.</summary>
internal sealed class AuthReader(CredentialFiles files, SecretReader secrets, bool hasAuthorities)
{
    private const int RoundMax = 255;

    public LocalAuthPolicy ReadLocal(ConfigSection connection)
    {
        ConfigSection section = OneRound(connection, "local");
        AuthScheme scheme = ReadScheme(section);
        ImmutableArray<X509Certificate2> certificates = [.. section.List("certs").SelectMany(file => files.Certificates(file))];
        Identity? id = ReadId(section, "id");
        section.Number("round", 0, 0, RoundMax);
        section.NotYet("pubkeys", "eap_id", "aaa_id", "xauth_id", "cert");
        section.Done();
        PrivateKey? key = null;
        if (scheme.Class == AuthClass.Eap)
        {
            section.Fault("auth", "a responder does not prove itself by EAP, write psk or pubkey");
        }
        else if (scheme.Class == AuthClass.PublicKey)
        {
            key = FindKey(section, certificates, id);
        }

        return new LocalAuthPolicy { Auth = scheme, Id = id, Certs = certificates, Key = key };
    }

    /// <summary>What the peer proves, round by round: <c>remote</c>, or <c>remote-1</c>, <c>remote-2</c> and so on (RFC 4739).</summary>
    public ImmutableArray<RemoteAuthPolicy> ReadRemotes(ConfigSection connection)
    {
        (string Name, ConfigSection Section)[] written = [.. connection.SectionsWithPrefix("remote")];
        if (written.Length == 0)
        {
            return [ReadRemote(OneRound(connection, "remote"))];
        }

        // As swanctl does: in the order of their numbers, and where there are none, in that of the file.
        return
        [
            .. written.Select(round => (Order: round.Section.Number("round", 0, 0, RoundMax), Policy: ReadRemote(round.Section)))
                .OrderBy(round => round.Order).Select(round => round.Policy),
        ];
    }

    /// <summary>A connection that wants pre-shared keys where there are none lets nobody in.</summary>
    public void CheckSecrets(ConfigSection connection, ConnectionPolicy policy)
    {
        if (secrets.Shared.IsEmpty && policy.Rounds.Any(round => round.Auth.Class == AuthClass.Psk))
        {
            connection.Warn("remote", "there is no secrets.ike-NAME, so nobody can log in by psk");
        }
    }

    private RemoteAuthPolicy ReadRemote(ConfigSection section)
    {
        AuthScheme scheme = ReadScheme(section);
        ImmutableArray<X509Certificate2> authorities = [.. section.List("cacerts").SelectMany(file => files.Authorities(file))];
        var policy = new RemoteAuthPolicy
        {
            Auth = scheme,
            Id = ReadId(section, "id") ?? Identity.Any,
            EapId = ReadId(section, "eap_id"),
            Anchors = authorities.IsEmpty ? null : TrustAnchors.From(authorities),
        };
        section.OnlyDefault("revocation", "relaxed");
        section.NotYet("groups", "cert_policy", "certs", "cert", "cacert", "ca_id", "pubkeys");
        section.Done();
        CheckEap(section, policy);
        if (scheme.Class == AuthClass.PublicKey && authorities.IsEmpty && !hasAuthorities && !section.Has("cacerts"))
        {
            section.Fault("cacerts", "is missing and authorities holds none: name the authority that issued the peer's certificate");
        }

        return policy;
    }

    private void CheckEap(ConfigSection section, RemoteAuthPolicy policy)
    {
        AuthScheme scheme = policy.Auth;
        if (scheme.Class != AuthClass.Eap)
        {
            if (policy.EapId is not null)
            {
                section.Fault("eap_id", "goes with auth: eap-mschapv2, leave the key out");
            }

            return;
        }

        if (scheme.EapMethod.Length > 0 && !EapMethods.Names.Contains(scheme.EapMethod, StringComparer.Ordinal))
        {
            section.Fault("auth", $"{scheme.Text} is not in this release, {(Meant(scheme.Text) is { } meant ? $"did you mean {meant}?" : $"write eap-{EapMethods.Names[0]}")}");
        }
        else if (policy is { EapId: not null, Id.IsAny: false })
        {
            section.Warn("id", "stands beside eap_id, which alone says who logs in: nobody proves this identity, so it keeps nobody out");
        }

        if (secrets.Eap.IsEmpty)
        {
            section.Warn("auth", "there is no secrets.eap-NAME, so nobody can log in by EAP");
        }
    }

    private static ConfigSection OneRound(ConfigSection connection, string side)
    {
        (string Name, ConfigSection Section)[] rounds = [.. connection.SectionsWithPrefix(side)];
        foreach ((string name, _) in rounds.Skip(1))
        {
            connection.Fault(name, "a responder proves itself in one round here, keep one");
        }

        if (rounds.Length > 0)
        {
            return rounds[0].Section;
        }

        connection.Fault(side, $"is missing, write {side}: {{ auth: psk }} or {side}: {{ auth: pubkey, … }}");

        // Its own faults would only repeat this one.
        return new ConfigSection(new ConfigMap(connection.Place), side, side, new ConfigReport());
    }

    private static AuthScheme ReadScheme(ConfigSection section)
    {
        if (section.Scalar("auth") is not { } text)
        {
            return AuthScheme.PublicKey;
        }

        if (!AuthScheme.TryParse(text.Text, out AuthScheme scheme, out string fault))
        {
            section.Fault("auth", Meant(text.Text) is { } meant ? $"{fault}; did you mean {meant}?" : fault);
            return AuthScheme.Psk;
        }

        if (scheme.NamesSha1)
        {
            section.Warn("auth", $"\"{text.Text}\" allows SHA-1, which RFC 8247 discourages");
        }

        return scheme;
    }

    /// <summary>The nearest word that alone is an auth string; <c>eap-</c> may have been left out.</summary>
    private static string? Meant(string typed)
    {
        string[] known = ["psk", "pubkey", "rsa", "rsa/pss", "ecdsa", "ed25519", "ed448", .. EapMethods.Names.Select(name => $"eap-{name}")];
        return Nearest.To(typed, known) ?? Nearest.To($"eap-{typed}", known);
    }

    private static Identity? ReadId(ConfigSection section, string key)
    {
        if (section.Scalar(key) is not { } text)
        {
            return null;
        }

        if (Identity.TryParse(text.Text, out Identity? id, out string fault))
        {
            return id;
        }

        section.Fault(key, $"\"{text.Text}\" is not an identity: {fault}");
        return null;
    }

    /// <summary>The private key of the first certificate, which must hold our identity too.</summary>
    private PrivateKey? FindKey(ConfigSection section, ImmutableArray<X509Certificate2> certificates, Identity? id)
    {
        if (certificates.IsEmpty)
        {
            if (section.List("certs").IsEmpty)
            {
                section.Fault("certs", "is missing, name our certificate (and those between it and its authority)");
            }

            return null;
        }

        X509Certificate2 own = certificates[0];
        PrivateKey? key = secrets.Keys.FirstOrDefault(key => key.Matches(own));
        if (key is null && secrets.HasAllKeys)
        {
            section.Fault("certs", $"no private key among secrets belongs to {own.Subject}, add one: private-NAME: {{ file: FILE }}");
        }

        if (id is not null && !CertificateIdentity.Holds(own, id))
        {
            section.Fault("id", "is neither the subject nor a subjectAltName of our certificate, so peers would refuse it");
        }

        if (own.NotAfter < DateTime.Now)
        {
            section.Warn("certs", $"our certificate {own.Subject} has expired, peers will refuse it");
        }

        return key;
    }
}
