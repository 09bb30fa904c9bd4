using IkeCluster.Protocol.Values;
using IkeCluster.TestKit;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Fuzz.World;

/// <summary>The sans-IO initiator of TestKit at an address of its own: records stages, or stands by while others are fuzzed.</summary>
internal sealed class Talker : IDisposable
{
    private const int DatagramsMax = 1000;
    private const int StoryMax = 30;

    private readonly FuzzWorld _world;
    private readonly Queue<string> _story = [];
    private readonly IpAddress _home;
    private readonly Queue<byte[]> _mail;
    private readonly IkeInitiator _initiator;
    private readonly Action<DatagramPath, byte[]> _deliver;

    /// <summary>Nobody listens at its address before, and nobody after.</summary>
    /// <param name="world">The node.</param>
    /// <param name="seed">All its chance, and its address.</param>
    /// <param name="settings">Who it is and what it wants.</param>
    /// <param name="deliver">Takes its datagrams to the node; null: nothing stands in between.</param>
    public Talker(FuzzWorld world, ulong seed, InitiatorSettings settings, Action<DatagramPath, byte[]>? deliver = null)
    {
        _deliver = deliver ?? ((path, datagram) => world.Receive(path, datagram));
        var here = new UdpEndpoint(IpAddress.V4(0xcb007100 + (byte)seed), 500);
        var there = new UdpEndpoint(IpAddress.V4(0xc6336401), 500);
        _world = world;
        _home = here.Address;
        _mail = world.Watch.Listen(_home);
        _initiator = new IkeInitiator(settings, new SeededEntropy(seed).FillSecret, new DatagramPath(there, here, NonEspMarker: false));
    }

    public IkeInitiator Initiator => _initiator;

    /// <summary>Something came that was not read yet.</summary>
    public bool HasMail => _mail.Count > 0;

    /// <summary>Everything that follows from one step, until both sides are silent.</summary>
    public List<InitiatorEvent> Run(Func<IkeInitiator, Instant, InitiatorStep> ask) => Follow(ask(_initiator, _world.Now));

    public List<InitiatorEvent> Login() => Run((one, now) => one.Start(now));

    public List<InitiatorEvent> Listen() => Follow(new InitiatorStep([], []));

    /// <summary>The responder still serves this peer.</summary>
    public bool IsAnswered(out string learned)
    {
        List<InitiatorEvent> events = Listen();
        if (_initiator is { Sa: not null, IsBusy: false })
        {
            events.AddRange(Run((one, now) => one.CheckLiveness(now)));
        }

        learned = string.Join(", ", _story);
        return events.Exists(one => one is InitiatorEvent.LivenessAnswered);
    }

    /// <summary>What came and was not read is lost.</summary>
    public void Drop() => _mail.Clear();

    public void Dispose()
    {
        _world.Watch.StopListening(_home);
        _initiator.Dispose();
    }

    private void Learn(InitiatorStep step, List<InitiatorEvent> learned)
    {
        learned.AddRange(step.Events);
        foreach (InitiatorEvent one in step.Events.Where(one => one is not InitiatorEvent.LivenessAnswered))
        {
            _story.Enqueue($"{(_world.Now - FuzzWorld.Start).TotalSeconds:F1} s {one.GetType().Name}{(one is InitiatorEvent.Failed failed ? failed.Cause : "")}");
            _ = _story.Count > StoryMax ? _story.Dequeue() : null;
        }
    }

    private List<InitiatorEvent> Follow(InitiatorStep first)
    {
        List<InitiatorEvent> learned = [];
        Learn(first, learned);
        var toSend = new Queue<OutgoingMessage>(first.Send);
        for (int i = 0; toSend.Count > 0 || _mail.Count > 0; i++)
        {
            Assert.InRange(i, 0, DatagramsMax);
            if (toSend.TryDequeue(out OutgoingMessage? message))
            {
                _deliver(
                    new DatagramPath(message.Path.Local, message.Path.Remote, message.Path.NonEspMarker),
                    FuzzWorld.Datagram(message.Path, message.Message));
                continue;
            }

            InitiatorStep step = _initiator.Receive(_mail.Dequeue(), _world.Now);
            Learn(step, learned);
            step.Send.ToList().ForEach(toSend.Enqueue);
        }

        return learned;
    }
}
