using IkeCluster.Engine.Policy;

namespace IkeCluster.Node.Configuration;

/// <summary><c>rekey_time</c>, <c>over_time</c> and <c>rand_time</c> of a connection.</summary>
internal readonly record struct IkeLifetimes(TimeSpan Rekey, TimeSpan Over, TimeSpan Random);

/// <summary><c>rekey_time</c>, <c>life_time</c> and <c>rand_time</c> of a child.</summary>
internal readonly record struct ChildTimes(TimeSpan Rekey, TimeSpan Life, TimeSpan Random);

/// <summary>Reads lifetimes with swanctl.conf's defaults, of which most follow from another key.</summary>
internal static class LifetimeReader
{
    private static readonly TimeSpan IkeRekey = TimeSpan.FromHours(4);
    private static readonly TimeSpan ChildRekey = TimeSpan.FromHours(1);

    /// <summary>A hard lifetime is a tenth longer than the time of the rekey.</summary>
    private const double LifeShare = 1.1;

    /// <summary>
    /// strongSwan's default over_time, which its client takes off the lifetime that it is told (RFC 4478): where nothing is left
    /// it logs in anew at once.
    /// </summary>
    private static readonly TimeSpan ClientsOverTime = TimeSpan.FromMinutes(24);

    public static IkeLifetimes ReadIke(ConfigSection section, TimeSpan reauth)
    {
        TimeSpan rekey = section.Duration("rekey_time", reauth > TimeSpan.Zero ? TimeSpan.Zero : IkeRekey);
        TimeSpan over = section.Duration("over_time", (rekey > reauth ? rekey : reauth) * (LifeShare - 1));

        // Half of the shorter time at most: a chance that can take off all of it makes clients log in without end.
        TimeSpan shorter = rekey == TimeSpan.Zero || (reauth > TimeSpan.Zero && reauth < rekey) ? reauth : rekey;
        TimeSpan random = ReadRandom(section, rekey, over < shorter / 2 ? over : shorter / 2);
        if (section.Has("rand_time") && reauth > TimeSpan.Zero && random > reauth / 2)
        {
            section.Fault("rand_time", "is longer than half of reauth_time, which it is taken off");
        }

        WarnOfHaste(section, reauth, random);
        return new(rekey, over, random);
    }

    private static void WarnOfHaste(ConfigSection section, TimeSpan reauth, TimeSpan random)
    {
        TimeSpan least = reauth - random;
        if (reauth > TimeSpan.Zero && least < ClientsOverTime)
        {
            section.Warn(
                "reauth_time",
                $"less rand_time it may come to {Math.Max(0, (long)least.TotalMinutes)}m, and strongSwan clients log in anew at once, again and again, "
                + "where they are told less than their own over_time, 24m by default: write a longer one, or a shorter rand_time");
        }
    }

    public static ChildTimes ReadChild(ConfigSection section)
    {
        TimeSpan written = section.Duration("life_time", TimeSpan.Zero);
        TimeSpan rekey = section.Duration("rekey_time", written > TimeSpan.Zero ? written / LifeShare : ChildRekey);
        TimeSpan life = section.Has("life_time") ? written : rekey * LifeShare;
        if (life > TimeSpan.Zero && rekey >= life)
        {
            section.Warn("life_time", "the Child SA ends before its rekey is due, write a longer one than rekey_time");
        }

        return new(rekey, life, ReadRandom(section, rekey, life > rekey ? life - rekey : TimeSpan.Zero));
    }

    /// <summary><c>rekey_UNIT</c>, <c>life_UNIT</c> and <c>rand_UNIT</c>; none by default.</summary>
    public static VolumePolicy ReadVolume(ConfigSection section, string unit)
    {
        bool isOctets = unit == "bytes";
        ulong written = section.Amount($"life_{unit}", 0, isOctets);
        ulong rekey = section.Amount($"rekey_{unit}", written - (written / 11), isOctets);
        ulong life = section.Has($"life_{unit}") ? written : rekey + (rekey / 10);
        if (section.Has($"rekey_{unit}") && section.Has($"life_{unit}") && life > 0 && rekey >= life)
        {
            section.Warn($"life_{unit}", $"the Child SA ends before its rekey is due, write more than rekey_{unit}");
        }

        return new(rekey, life, section.Amount($"rand_{unit}", life > rekey ? life - rekey : 0, isOctets));
    }

    private static TimeSpan ReadRandom(ConfigSection section, TimeSpan rekey, TimeSpan byDefault)
    {
        TimeSpan random = section.Duration("rand_time", byDefault);
        if (section.Has("rand_time") && rekey > TimeSpan.Zero && random > rekey)
        {
            section.Fault("rand_time", "is longer than rekey_time, which it is taken off");
        }

        return random;
    }
}
