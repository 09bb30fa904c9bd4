using IkeCluster.Crypto;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Engine;

/// <summary>Whose pre-shared key a login takes.</summary>
public sealed class PskStoreTests
{
    private static readonly Identity Us = EngineWorld.Id("vpn.example.org");
    private static readonly Identity Alice = EngineWorld.Id("alice@example.org");
    private static readonly Identity Bob = EngineWorld.Id("bob@example.org");

    [Fact]
    public void A_secret_of_us_and_alice_is_never_lent_to_bob()
    {
        PskStore store = Store(("vpn.example.org, alice@example.org", "alice's"));

        Assert.NotNull(store.Find(Us, Alice));
        Assert.Null(store.Find(Us, Bob));
    }

    [Fact]
    public void A_secret_that_names_only_us_serves_everybody_without_a_better_one()
    {
        PskStore store = Store(("vpn.example.org", "ours"), ("alice@example.org", "alice's"));

        Assert.Equal("alice's", Text(store.Find(Us, Alice)));
        Assert.Equal("ours", Text(store.Find(Us, Bob)));
    }

    [Fact]
    public void An_exact_identity_is_better_than_a_pattern_and_a_pattern_than_none()
    {
        PskStore store = Store(("", "all"), ("*@example.org", "pattern"), ("alice@example.org", "exact"));

        Assert.Equal("exact", Text(store.Find(Us, Alice)));
        Assert.Equal("pattern", Text(store.Find(Us, Bob)));
        Assert.Equal("all", Text(store.Find(Us, EngineWorld.Id("carol@example.com"))));
    }

    private static PskStore Store(params (string Ids, string Secret)[] secrets) => new(
    [
        .. secrets.Select(one => new SharedSecret(
            "ike",
            [.. one.Ids.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(EngineWorld.Id)],
            SecretBytes.CopyOf(System.Text.Encoding.UTF8.GetBytes(one.Secret)))),
    ]);

    private static string? Text(SecretBytes? secret) => secret is null ? null : System.Text.Encoding.UTF8.GetString(secret.Reveal());
}
