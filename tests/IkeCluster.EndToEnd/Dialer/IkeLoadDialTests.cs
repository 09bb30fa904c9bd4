using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Dialer;

/// <summary><c>ikeload dial</c> as its user sees it, with charon and with our own node as responder.</summary>
public sealed class IkeLoadDialTests
{
    private static readonly string[] Alice =
        ["--identity", "alice@example.org", "--remote-id", "vpn.example.org", "--psk", ClientConf.Secret];

    [Fact]
    public async Task It_says_what_was_negotiated_stays_and_deletes()
    {
        await using CharonWorld world = await CharonWorld.StartAsync();
        await using Daemon dial = Dial(world, [.. Alice, "--virtual-ip", "--proposal", "aes256gcm16-prfsha384-x25519", "--esp", "aes256gcm16"]);
        await HearAsync(dial, "child: ");
        CharonSa sa = Assert.Single(await world.Server.ListSasAsync());
        Assert.Contains("established: vpn.example.org (psk)", dial.Output, StringComparison.Ordinal);
        Assert.Contains($"spis       {sa.InitiatorSpi}_i {sa.ResponderSpi}_r", dial.Output, StringComparison.Ordinal);
        Assert.Contains($"suite      {sa.Suite}", dial.Output, StringComparison.Ordinal);
        Assert.Contains("addresses  10.64.0.1, fd00:64::1", dial.Output, StringComparison.Ordinal);
        Assert.Contains("dns        10.64.0.1, fd00:64::53", dial.Output, StringComparison.Ordinal);

        await dial.SignalAsync("INT");
        Assert.Equal(0, await dial.WaitForExitAsync(TimeSpan.FromSeconds(10)));
        Assert.EndsWith("closed\n", dial.Output, StringComparison.Ordinal);
        Assert.Empty(await world.Server.ListSasAsync());
    }

    [Fact]
    public async Task It_answers_rekeys_and_says_so()
    {
        await using CharonWorld world = await CharonWorld.StartAsync();
        await using Daemon dial = Dial(world, [.. Alice, "--virtual-ip", "--proposal", "aes256gcm16-prfsha384-x25519", "--esp", "aes256gcm16"]);
        await HearAsync(dial, "child: ");
        (await world.Server.RekeyChildAsync("net")).OrThrow();
        await HearAsync(dial, "child rekeyed by the responder: ");
        await HearAsync(dial, " deleted by the responder");
        (await world.Server.RekeyIkeAsync("gateway")).OrThrow();
        await HearAsync(dial, "\nrekeyed by the responder: vpn.example.org (psk)");

        await dial.SignalAsync("INT");
        Assert.Equal(0, await dial.WaitForExitAsync(TimeSpan.FromSeconds(10)));
        Assert.Empty(await world.Server.ListSasAsync());
    }

    [Fact]
    public async Task Our_own_node_takes_its_call()
    {
        Peers.NeedPrograms("ip");
        await using Lab lab = await Lab.CreateAsync();
        await using IkeNode node = await IkeNode.StartAsync(lab.Server, new NodeConf().ToString());
        await using Daemon dial = Daemon.Start(lab.Client, [Repository.Load, "dial", Lab.ServerAddress, .. Alice, "--virtual-ip"]);
        await Wait.UntilAsync(
            "the child", () => dial.Output.Contains("child: ", StringComparison.Ordinal), () => dial.Output + dial.Error + node.Evidence);
        Assert.Equal("alice@example.org", Assert.Single(await node.ListSasAsync()).GetProperty("remote_id").GetString());

        await dial.SignalAsync("INT");
        Assert.Equal(0, await dial.WaitForExitAsync(TimeSpan.FromSeconds(10)));
        Assert.Empty(await node.ListSasAsync());
    }

    [Fact]
    public async Task It_dials_with_a_certificate()
    {
        await using CharonWorld world = await CharonWorld.StartAsync(key: "ecdsa-256");
        await using Daemon dial = Dial(
            world,
            ["--identity", "alice.example.org", "--cert", world.Client!.CertificateFile, "--key", world.Client.KeyFile,
                "--ca", world.Root!.CertificateFile, "--virtual-ip"]);
        await HearAsync(dial, "child: ");
        Assert.StartsWith("established: vpn.example.org (", dial.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_is_one_line_and_exit_code_1()
    {
        await using CharonWorld world = await CharonWorld.StartAsync();
        await using Daemon dial = Dial(world, ["--identity", "alice@example.org", "--psk", "wrong"]);
        Assert.Equal(1, await dial.WaitForExitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal("ikeload: IKE_AUTH refused: AUTHENTICATION_FAILED\n", dial.Error);
    }

    [Theory]
    [InlineData("'--identity' is required", "--psk", "x")]
    [InlineData("one of --psk", "--identity", "alice@example.org")]
    [InlineData("--eap-user together with --eap-password", "--identity", "alice@example.org", "--eap-user", "alice")]
    [InlineData("one of --psk", "--identity", "alice@example.org", "--psk", "x", "--eap-user", "alice", "--eap-password", "x")]
    [InlineData("no algorithm that is known", "--identity", "alice@example.org", "--psk", "x", "--proposal", "rot13")]
    [InlineData("no-such-file", "--identity", "alice@example.org", "--cert", "no-such-file", "--key", "no-such-file")]
    public async Task Wrong_words_are_one_line_and_exit_code_2(string says, params string[] options)
    {
        CommandResult result = await Command.RunAsync(Repository.Load, ["dial", "192.0.2.1", .. options]);
        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("ikeload: ", result.Error, StringComparison.Ordinal);
        Assert.Contains(says, result.Error, StringComparison.OrdinalIgnoreCase);
        Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static Task HearAsync(Daemon dial, string words) => Wait.UntilAsync(
        $"'{words}'", () => dial.Output.Contains(words, StringComparison.Ordinal), () => dial.Output + dial.Error);

    private static Daemon Dial(CharonWorld world, string[] options) =>
        Daemon.Start(world.Lab.Client, [Repository.Load, "dial", Lab.ServerAddress, .. options]);
}
