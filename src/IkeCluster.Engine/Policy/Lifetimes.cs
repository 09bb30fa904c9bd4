using System.Buffers.Binary;
using IkeCluster.Engine.Children;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Policy;

/// <summary>
/// When an SA is rekeyed and when it ends if that fails, as swanctl.conf's lifetimes say; Never, and null, where they say
/// nothing.
/// </summary>
internal readonly record struct Lifetimes(Instant RekeyAt, Instant ExpireAt, ChildLimits? Limits = null)
{
    /// <summary>The first wait after a rekey that the peer refused, doubled each time (RFC 7296 §2.25: not at once).</summary>
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(10);

    /// <summary>Past so long a wait refusals are not spaced further.</summary>
    internal static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(10);

    /// <summary>Refusals in a row, past which the hard lifetime decides.</summary>
    private const int RetriesMax = 12;

    /// <summary>swanctl.conf's default: <c>life_time</c> is 110 % of <c>rekey_time</c>.</summary>
    private const double RekeyShare = 10.0 / 11;

    internal static Lifetimes None { get; } = new(Instant.Never, Instant.Never);

    /// <summary>Of an IKE SA: rekeyed at <c>rekey_time</c> less chance, over at <c>rekey_time</c> and <c>over_time</c>.</summary>
    internal static Lifetimes Of(ConnectionPolicy connection, in StepContext context) =>
        connection.RekeyTime <= TimeSpan.Zero
            ? None
            : new(
                context.Now + Early(connection.RekeyTime, connection.RandTime, context),
                connection.OverTime > TimeSpan.Zero ? context.Now + connection.RekeyTime + connection.OverTime : Instant.Never);

    /// <summary>How long a login holds until the peer must come back with a new one; null: for ever (RFC 4478).</summary>
    internal static TimeSpan? OfLogin(ConnectionPolicy connection, in StepContext context) =>
        connection.ReauthTime > TimeSpan.Zero ? Early(connection.ReauthTime, connection.RandTime, context) : null;

    /// <summary>Of a Child SA: rekeyed at <c>rekey_time</c> less chance, over at <c>life_time</c>.</summary>
    internal static Lifetimes Of(ChildPolicy child, in StepContext context) => new(
        child.RekeyTime > TimeSpan.Zero ? context.Now + Early(child.RekeyTime, child.RandTime, context) : Instant.Never,
        child.LifeTime > TimeSpan.Zero ? context.Now + child.LifeTime : Instant.Never,
        child.Octets == default && child.Packets == default
            ? null
            : new ChildLimits(Early(child.Octets, context), child.Octets.Life, Early(child.Packets, context), child.Packets.Life));

    /// <summary>
    /// Of a Child SA whose section a reload took away: as long as the one it replaces was to live. When that was rekeyed says
    /// nothing, because an operator or the data plane may have brought it on.
    /// </summary>
    internal static Lifetimes As(ChildSa? old, in StepContext context)
    {
        if (old is null || old.ExpireAt == Instant.Never)
        {
            return None;
        }

        TimeSpan life = old.ExpireAt - old.InstalledAt;
        return new(context.Now + Early(life * RekeyShare, life * (1 - RekeyShare), context), context.Now + life, old.Limits);
    }

    /// <summary>When to ask again after so many refusals: longer each time, and each side by another chance.</summary>
    internal static Instant RetryAt(int refusals, in StepContext context)
    {
        if (refusals > RetriesMax)
        {
            return Instant.Never;
        }

        TimeSpan wait = FirstRetry * Math.Pow(2, refusals - 1);
        wait = wait < LongestRetry ? wait : LongestRetry;
        return context.Now + (wait / 2) + (wait * Chance(context));
    }

    /// <summary>A part of one: 0 up to, not with, 1.</summary>
    internal static double Chance(in StepContext context)
    {
        Span<byte> octets = stackalloc byte[sizeof(uint)];
        context.Entropy.FillPublic(octets);
        return BinaryPrimitives.ReadUInt32BigEndian(octets) / (1.0 + uint.MaxValue);
    }

    private static ulong Early(VolumePolicy volume, in StepContext context)
    {
        ulong early = (ulong)(volume.Random * Chance(context));
        return volume.Rekey == 0 ? 0 : volume.Rekey > early ? volume.Rekey - early : 1;
    }

    private static TimeSpan Early(TimeSpan time, TimeSpan randomly, in StepContext context)
    {
        TimeSpan early = time - (randomly * Chance(context));
        return early > TimeSpan.Zero ? early : TimeSpan.Zero;
    }
}
