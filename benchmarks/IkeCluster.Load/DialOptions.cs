using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Load;

/// <summary>What the command line asked for, read and checked.</summary>
internal sealed record DialRequest(InitiatorSettings Settings);

/// <summary>The options that say who dials, and what it asks for.</summary>
internal sealed class DialOptions
{
    private readonly Option<string> _identity = new("--identity") { Description = "Who we are", Required = true };
    private readonly Option<string?> _psk = new("--psk") { Description = "The pre-shared key" };
    private readonly Option<string?> _cert = new("--cert") { Description = "Our certificate and its intermediates (PEM)", HelpName = "FILE" };
    private readonly Option<string?> _key = new("--key") { Description = "Its private key (PEM)", HelpName = "FILE" };
    private readonly Option<string?> _eapUser = new("--eap-user") { Description = "EAP-MSCHAPv2 user name" };
    private readonly Option<string?> _eapPassword = new("--eap-password") { Description = "Its password" };
    private readonly Option<string?> _proposal = new("--proposal") { Description = "IKE proposal, as aes256gcm16-prfsha384-x25519" };
    private readonly Option<string?> _esp = new("--esp") { Description = "ESP proposal, as aes256gcm16" };
    private readonly Option<string?> _remoteId = new("--remote-id") { Description = "Who must answer" };
    private readonly Option<string?> _ca = new("--ca") { Description = "Authorities that may vouch for the responder (PEM)", HelpName = "FILE" };
    private readonly Option<bool> _virtualIp = new("--virtual-ip") { Description = "Asks for an IPv4 and an IPv6 address, and DNS" };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])
            [_identity, _psk, _cert, _key, _eapUser, _eapPassword, _proposal, _esp, _remoteId, _ca, _virtualIp])
        {
            command.Add(option);
        }
    }

    public bool TryRead(ParseResult parsed, [NotNullWhen(true)] out DialRequest? request, out string fault)
    {
        request = null;
        TrustAnchors? anchors = null;
        ImmutableArray<Proposal> ike = [ProposalText.DefaultIkeAead, ProposalText.DefaultIke];
        ImmutableArray<Proposal> esp = [ProposalText.DefaultEspAead, ProposalText.DefaultEsp];
        if (!TryReadIdentity(parsed.GetValue(_identity), out Identity? local, out fault)
            || !TryReadIdentity(parsed.GetValue(_remoteId), out Identity? remote, out fault)
            || !TryReadProof(parsed, out InitiatorProof? proof, out fault)
            || !TryReadAnchors(parsed.GetValue(_ca), ref anchors, out fault)
            || !TryReadProposal(parsed.GetValue(_proposal), SecurityProtocol.Ike, ref ike, out fault)
            || !TryReadProposal(parsed.GetValue(_esp), SecurityProtocol.Esp, ref esp, out fault))
        {
            return false;
        }

        bool wantsAddresses = parsed.GetValue(_virtualIp);
        request = new DialRequest(new InitiatorSettings
        {
            LocalId = local!,
            RemoteId = remote,
            Proof = proof,
            Anchors = anchors,
            IkeProposals = ike,
            EspProposals = esp,
            WantsIpv4 = wantsAddresses,
            WantsIpv6 = wantsAddresses,
        });
        return true;
    }

    private static bool TryReadIdentity(string? text, out Identity? id, out string fault)
    {
        (id, fault) = (null, "");
        return text is null || Identity.TryParse(text, out id, out fault);
    }

    private bool TryReadProof(ParseResult parsed, [NotNullWhen(true)] out InitiatorProof? proof, out string fault)
    {
        proof = null;
        (string? psk, string? cert, string? key) = (parsed.GetValue(_psk), parsed.GetValue(_cert), parsed.GetValue(_key));
        (string? user, string? password) = (parsed.GetValue(_eapUser), parsed.GetValue(_eapPassword));
        int ways = new[] { psk, cert, user }.Count(given => given is not null);
        if (ways != 1 || cert is null != key is null || user is null != password is null)
        {
            fault = "one of --psk, --cert together with --key, or --eap-user together with --eap-password, is needed";
            return false;
        }

        if (cert is null)
        {
            fault = "";
            var secret = SecretBytes.CopyOf(Encoding.UTF8.GetBytes(psk ?? password!));
            proof = user is null ? new InitiatorProof.SharedKey(secret) : new InitiatorProof.Eap(user, secret);
            return true;
        }

        return TryReadCertificate(cert, key!, out proof, out fault);
    }

    private static bool TryReadCertificate(string certFile, string keyFile, out InitiatorProof? proof, out string fault)
    {
        proof = null;
        if (!TryReadCertificates(certFile, out ImmutableArray<X509Certificate2> certificates, out fault)
            || !TryReadFile(keyFile, out string pem, out fault))
        {
            return false;
        }

        if (!PrivateKey.TryLoadPem(pem, passphrase: null, out PrivateKey privateKey, out fault) || !privateKey.Matches(certificates[0]))
        {
            fault = $"{keyFile}: {(fault.Length == 0 ? "not the key of the first certificate" : fault)}";
            return false;
        }

        proof = new InitiatorProof.Certificate(certificates, privateKey);
        return true;
    }

    private static bool TryReadAnchors(string? file, ref TrustAnchors? anchors, out string fault)
    {
        fault = "";
        if (file is null)
        {
            return true;
        }

        bool isRead = TryReadCertificates(file, out ImmutableArray<X509Certificate2> certificates, out fault);
        anchors = isRead ? TrustAnchors.From(certificates) : null;
        return isRead;
    }

    private static bool TryReadCertificates(string file, out ImmutableArray<X509Certificate2> certificates, out string fault)
    {
        certificates = [];
        if (!TryReadFile(file, out string pem, out fault))
        {
            return false;
        }

        bool isLoaded = CertificateFile.TryLoadPem(pem, out certificates, out fault) && !certificates.IsEmpty;
        fault = isLoaded ? "" : $"{file}: {(fault.Length == 0 ? "no certificate in it" : fault)}";
        return isLoaded;
    }

    private static bool TryReadFile(string file, out string content, out string fault)
    {
        try
        {
            (content, fault) = (File.ReadAllText(file), "");
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            (content, fault) = ("", $"{file}: {refused.Message}");
            return false;
        }
    }

    private static bool TryReadProposal(string? text, SecurityProtocol protocol, ref ImmutableArray<Proposal> proposals, out string fault)
    {
        fault = "";
        if (text is null)
        {
            return true;
        }

        bool isRead = ProposalText.TryParse(text, protocol, out Proposal? proposal, out fault);
        proposals = isRead ? [proposal!] : [];
        return isRead;
    }
}
