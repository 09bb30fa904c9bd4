using System.Buffers.Binary;
using IkeCluster.Crypto;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Tests.Engine;

/// <summary>What comes while the secret of a handshake is computed waits, and the first that is whole is answered.</summary>
public sealed class HeldDatagramTests
{
    private const byte EncryptedFragment = 53;

    /// <summary>Where both prove themselves by a shared secret, and a round of EAP follows, the first answer needs no further sum.</summary>
    [Fact]
    public void A_stray_fragment_behind_the_request_does_not_eat_its_answer()
    {
        using var world = EapWorld.Of(EngineWorld.Psk() with { LaterRounds = [EapWorld.Connection().Remote] });
        EngineWorld engine = world.Engine;
        PolicySet policy = engine.Policy;
        var secret = new SharedSecret("alice", [EngineWorld.Id("alice@example.org")], SecretBytes.CopyOf("correct horse"u8));
        engine.Policy = new PolicySet(policy.Connections, policy.Pools, [secret], policy.Anchors, policy.Times) { EapSecrets = policy.EapSecrets };
        using IkeInitiator client = engine.Client(EngineWorld.Alice() with
        {
            LaterRounds = [new AuthRound(EngineWorld.Id("alice@example.org"), EapWorld.Alice().Proof)],
        });
        OutgoingMessage init = client.Start(engine.Clock.Now).Send[0];
        byte[] answer = engine.Receive(EngineWorld.SeenByUs(init.Path), init.Message).Single();
        OutgoingMessage auth = client.Receive(answer, engine.Clock.Now).Send[0];
        engine.HoldsWork = true;
        engine.Receive(EngineWorld.SeenByUs(auth.Path), auth.Message);
        engine.Receive(EngineWorld.SeenByUs(auth.Path), Stray(auth.Message));
        int before = engine.Sent.Count;

        engine.FinishWork();

        Assert.Equal(before + 1, engine.Sent.Count);
        Assert.Equal(SaPhase.HalfOpen, Assert.Single(engine.Sas).Value.Phase);
    }

    /// <summary>A fragment under the same header whose contents nobody sealed.</summary>
    private static byte[] Stray(byte[] message)
    {
        byte[] stray = new byte[128];
        message.AsSpan(0, 28).CopyTo(stray);
        stray[16] = EncryptedFragment;
        BinaryPrimitives.WriteUInt32BigEndian(stray.AsSpan(24), (uint)stray.Length);
        BinaryPrimitives.WriteUInt16BigEndian(stray.AsSpan(30), (ushort)(stray.Length - 28));
        BinaryPrimitives.WriteUInt16BigEndian(stray.AsSpan(32), 1);
        BinaryPrimitives.WriteUInt16BigEndian(stray.AsSpan(34), 2);
        return stray;
    }
}
