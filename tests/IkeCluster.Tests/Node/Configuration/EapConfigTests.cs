using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Node.Configuration;

/// <summary>Users and passwords, and several rounds of authentication.</summary>
public sealed class EapConfigTests
{
    private const string Users = "secrets: { eap-alice: { id: [alice, alice@example.org], secret: correct horse } }\n";

    [Fact]
    public void Users_are_found_by_name_and_their_passwords_are_octets()
    {
        PolicySet policy = Config.Good($"{Users}connections: {{ c: {{ local: {{ auth: psk }}, remote-1: {{ auth: psk }}, remote-2: {{ auth: eap-mschapv2, eap_id: \"%any\" }} }} }}").Policy;

        RemoteAuthPolicy remote = Assert.Single(Assert.Single(policy.Connections).LaterRounds);
        Assert.Equal((AuthClass.Eap, "mschapv2"), (remote.Auth.Class, remote.Auth.EapMethod));
        Assert.True(remote.EapId!.IsAny);
        Assert.Equal("correct horse"u8.ToArray(), policy.EapSecrets.Find(Identity.Any, Id("alice"))!.Reveal().ToArray());
        Assert.Null(policy.EapSecrets.Find(Identity.Any, Id("bob")));
        Assert.Null(policy.Psks.Find(Identity.Any, Id("alice")));
    }

    [Theory]
    [InlineData("remote-1: { auth: psk }, remote-2: { auth: eap }")]
    [InlineData("remote-b: { auth: eap, round: 2 }, remote-a: { auth: psk, round: 1 }")]
    public void Rounds_go_by_their_numbers_and_then_as_they_are_written(string rounds)
    {
        ConnectionPolicy connection = Assert.Single(Config.Good($"{Users}connections: {{ c: {{ local: {{ auth: psk }}, {rounds} }} }}").Policy.Connections);
        Assert.Equal([AuthClass.Psk, AuthClass.Eap], connection.Rounds.Select(round => round.Auth.Class));
    }

    [Fact]
    public void The_time_for_a_login_by_eap_is_its_own() =>
        Assert.Equal((TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5)), Times("ike: { eap_timeout: 5m }"));

    // RFC 7296 §2.16: the responder proves itself first, and a sample made with a pre-shared key can be guessed at.
    [Fact]
    public void Eap_beside_a_pre_shared_key_of_ours_is_refused() => Assert.EndsWith(
        "and could guess at it: write auth: pubkey (RFC 7296 §2.16)",
        Assert.Single(Config.FaultsOf($"{Users}connections: {{ c: {{ local: {{ auth: psk }}, remote: {{ auth: eap }} }} }}")), StringComparison.Ordinal);

    [Fact]
    public void An_identity_that_nobody_proves_is_told() => Assert.Contains(
        Config.WarningsOf($"{Users}connections: {{ c: {{ local: {{ auth: psk }}, remote-1: {{ auth: psk }}, remote-2: {{ auth: eap, id: ceo, eap_id: \"%any\" }} }} }}"),
        warning => warning.Contains("id: stands beside eap_id", StringComparison.Ordinal));

    [Fact]
    public void Users_without_any_password_are_told() => Assert.Contains(
        Config.WarningsOf("connections: { c: { local: { auth: psk }, remote-1: { auth: psk }, remote-2: { auth: eap } } }"),
        warning => warning.EndsWith("there is no secrets.eap-NAME, so nobody can log in by EAP", StringComparison.Ordinal));

    [Theory]
    [InlineData("id: alice, ", false)]
    [InlineData("id-1: alice, ", false)]
    [InlineData("", true)]
    public void A_password_of_everybody_is_told(string id, bool isTold) => Assert.Equal(
        isTold,
        Config.WarningsOf($"secrets: {{ eap-alice: {{ {id}secret: x }} }}")
            .Any(warning => warning.Contains("secrets.eap-alice.secret: is everybody's password", StringComparison.Ordinal)));

    private static (TimeSpan HalfOpen, TimeSpan Eap) Times(string text)
    {
        IkeTimes times = Config.Good(text).Policy.Times;
        return (times.HalfOpenTimeout, times.EapTimeout);
    }

    private static Identity Id(string text) => Identity.TryParse(text, out Identity? id, out string fault) ? id : throw new ArgumentException(fault, nameof(text));
}
