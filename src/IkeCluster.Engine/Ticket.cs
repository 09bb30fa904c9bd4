namespace IkeCluster.Engine;

/// <summary>Ties an answer to the question that an effect asked; counts up within one IKE SA.</summary>
public readonly record struct Ticket(uint Value)
{
    public Ticket Next => new(unchecked(Value + 1));

    // A record prints its properties: without this, Next would print its own Next, and so on for ever.
    public override string ToString() => Value.ToString(null, null);
}
