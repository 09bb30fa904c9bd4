using System.Security.Cryptography;
using System.Text;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Legacy;
using IkeCluster.Engine.Work;
using IkeCluster.Protocol.Payloads;

namespace IkeCluster.Engine.Authentication.Eap;

/// <summary>
/// EAP-MSCHAPv2 as authenticator (draft-kamath-pppext-eap-mschapv2, RFC 2759): Challenge, Response, Success or Failure, and
/// the peer's acknowledgement. One try a login: a client that mistyped begins again, and a guess costs it a handshake.
/// </summary>
internal sealed class MsChapV2 : IEapMethod
{
    internal const string MethodName = "mschapv2";

    // The peer shows it to nobody and computes nothing with it.
    private static readonly byte[] ServerName = [.. "ikenode"u8];

    // An unknown user goes the same way, and takes the same sums, as a wrong password: who has an account is not told.
    private static readonly SecretBytes NobodysPassword = SecretBytes.CopyOf("?"u8);

    private readonly SecretBytes? _password;
    private readonly byte[] _challenge;

    private MsChapV2(SecretBytes? password, byte[] challenge)
    {
        _password = password;
        _challenge = challenge;
    }

    /// <summary>For a user with this password, in UTF-8; null: nobody has such a name.</summary>
    internal static MsChapV2 For(SecretBytes? password) => new(password, []);

    public string Name => MethodName;

    public EapStep Start(byte identifier, in StepContext context)
    {
        byte[] challenge = new byte[MsChapV2Sums.ChallengeOctets];
        context.Entropy.FillPublic(challenge);
        byte next = (byte)(identifier + 1);
        return new EapStep.Ask(
            new MsChapV2(_password, challenge),
            EapPacket.Request(next, EapPacket.MsChapV2Type, MsChapV2Packet.Challenge(next, challenge, ServerName)));
    }

    public EapStep Answer(in EapPayload response, in StepContext context)
    {
        if (response.Type != EapPacket.MsChapV2Type)
        {
            return EapPacket.NotOurs(response, MethodName);
        }

        if (!MsChapV2Packet.TryReadResponse(response.TypeData, out MsChapV2Response said))
        {
            return new EapStep.Failure(LoginFailure.Malformed, "the MSCHAPv2 response is too short or of another kind");
        }

        using SecretBytes ntHash = MsChapV2Sums.NtHash((_password ?? NobodysPassword).Reveal());
        Span<byte> expected = stackalloc byte[MsChapV2Sums.NtResponseOctets];
        MsChapV2Sums.NtResponse(ntHash, _challenge, said.PeerChallenge, said.UserName, expected);
        bool holds = CryptographicOperations.FixedTimeEquals(expected, said.NtResponse) & _password is not null;
        byte next = (byte)(response.Identifier + 1);
        return holds ? Accept(next, ntHash, said) : Refuse(next);
    }

    public EapStep Resume(WorkResult result, in StepContext context) => throw new InvariantException("MSCHAPv2 waits for nothing");

    public void Forget()
    {
    }

    private EapStep.Ask Accept(byte identifier, SecretBytes ntHash, in MsChapV2Response said)
    {
        Span<byte> proof = stackalloc byte[MsChapV2Sums.AuthenticatorResponseOctets];
        MsChapV2Sums.AuthenticatorResponse(ntHash, said.NtResponse, _challenge, said.PeerChallenge, said.UserName, proof);
        byte[] text = Encoding.ASCII.GetBytes($"S={Convert.ToHexString(proof)} M=welcome");
        return Tell(MsChapV2Packet.SuccessOpCode, identifier, text, new EapStep.Success(MsChapV2Sums.Msk(ntHash, said.NtResponse)));
    }

    // RFC 2759 §6: error 691 is a wrong name or password, R=0 allows no other try; a challenge must stand there all the same.
    private EapStep.Ask Refuse(byte identifier)
    {
        byte[] text = Encoding.ASCII.GetBytes($"E=691 R=0 C={Convert.ToHexString(_challenge)} V=3 M=wrong name or password");
        string cause = _password is null ? "no EAP secret for this identity" : "the password is wrong";
        return Tell(MsChapV2Packet.FailureOpCode, identifier, text, new EapStep.Failure(LoginFailure.WrongPassword, cause));
    }

    private static EapStep.Ask Tell(byte opCode, byte identifier, ReadOnlySpan<byte> text, EapStep end) =>
        new(
            new MsChapV2End(opCode, end),
            EapPacket.Request(identifier, EapPacket.MsChapV2Type, MsChapV2Packet.Text(opCode, identifier, text)));
}
