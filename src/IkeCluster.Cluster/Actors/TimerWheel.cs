using System.Numerics;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Actors;

/// <summary>
/// All deadlines of one event loop: a hierarchical wheel in ticks of 1,024 µs. A deadline is an entry of one array,
/// not an object, so that a million SAs cost forty megabytes and nothing for the collector to trace.
/// </summary>
/// <remarks>
/// An entry lies on the level of the highest octet in which its due tick differs from the current tick, in the slot of
/// that octet's value. So every entry of a level lies ahead of the current slot, the lowest level that is not empty holds
/// the next entry, and setting, cancelling and firing touch a constant number of entries.
/// A deadline never fires early, and never in the call in which it was set.
/// </remarks>
internal sealed class TimerWheel<TKey>
    where TKey : struct
{
    private const int TickShift = 10;
    private const int SlotBits = 8;
    private const int SlotsPerLevel = 1 << SlotBits;
    private const int WordsPerLevel = SlotsPerLevel / 64;

    /// <summary>Six levels of eight bits hold every tick until the year 11,000.</summary>
    private const int Levels = 6;

    /// <summary>35 years: a deadline past it is as good as never.</summary>
    private const long TicksAheadMax = 1L << 40;
    private const int ExpiredSlot = Levels * SlotsPerLevel;
    private const int None = -1;

    private readonly int[] _heads = new int[ExpiredSlot + 1];
    private readonly int[] _tails = new int[ExpiredSlot + 1];
    private readonly ulong[] _filled = new ulong[Levels * WordsPerLevel];
    private Entry[] _entries = new Entry[64];
    private int _used;
    private int _firstFree = None;
    private long _currentTick;

    public TimerWheel(Instant now)
    {
        Array.Fill(_heads, None);
        Array.Fill(_tails, None);
        _currentTick = now.Microseconds >> TickShift;
    }

    /// <summary>Deadlines that are set and not yet taken.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// When to call <see cref="TryExpire"/> next. It may lie before the next deadline, where entries change levels.
    /// </summary>
    public Instant Next
    {
        get
        {
            if (_heads[ExpiredSlot] != None)
            {
                return InstantOf(_currentTick);
            }

            return TryFindFilled(out _, out long tick) ? InstantOf(tick) : Instant.Never;
        }
    }

    /// <summary>Sets a deadline; none is set for <see cref="Instant.Never"/>.</summary>
    public TimerHandle Set(Instant due, TKey key)
    {
        if (due == Instant.Never)
        {
            return default;
        }

        int index = Allocate();
        ref Entry entry = ref _entries[index];
        long ahead = Math.Clamp(CeilingTick(due) - _currentTick, 1, TicksAheadMax);
        entry.DueTick = _currentTick + ahead;
        entry.Key = key;
        Place(index);
        Count++;
        return new TimerHandle(index, entry.Generation);
    }

    /// <summary>Takes a deadline back; false where it has fired already.</summary>
    public bool Cancel(TimerHandle handle)
    {
        if (handle.IsNone || _entries[handle.Index].Generation != handle.Generation)
        {
            return false;
        }

        Unlink(handle.Index);
        Free(handle.Index);
        return true;
    }

    /// <summary>The next key whose deadline is not after <paramref name="now"/>, in order of ticks, then of setting.</summary>
    public bool TryExpire(Instant now, out TKey key)
    {
        if (_heads[ExpiredSlot] == None)
        {
            Advance(now.Microseconds >> TickShift);
        }

        int index = _heads[ExpiredSlot];
        if (index == None)
        {
            key = default;
            return false;
        }

        key = _entries[index].Key;
        Unlink(index);
        Free(index);
        return true;
    }

    private static long CeilingTick(Instant due) =>
        due.Microseconds <= 0 ? 0 : ((due.Microseconds - 1) >> TickShift) + 1;

    private static Instant InstantOf(long tick) => new(tick << TickShift);

    /// <summary>Moves the current tick forward until something has expired or the target is reached.</summary>
    private void Advance(long targetTick)
    {
        while (_heads[ExpiredSlot] == None && _currentTick < targetTick)
        {
            if (!TryFindFilled(out int slot, out long tick) || tick > targetTick)
            {
                _currentTick = targetTick;
                return;
            }

            _currentTick = tick;
            Empty(slot);
        }
    }

    /// <summary>Entries that are due go to the expired list, the others to a lower level.</summary>
    private void Empty(int slot)
    {
        int index = _heads[slot];
        _heads[slot] = _tails[slot] = None;
        _filled[slot / 64] &= ~(1UL << (slot % 64));
        while (index != None)
        {
            int next = _entries[index].Next;
            Place(index);
            index = next;
        }
    }

    private bool TryFindFilled(out int slot, out long tick)
    {
        for (int word = 0; word < _filled.Length; word++)
        {
            if (_filled[word] != 0)
            {
                slot = (word * 64) + BitOperations.TrailingZeroCount(_filled[word]);
                int shift = slot / SlotsPerLevel * SlotBits;
                long above = _currentTick >> (shift + SlotBits) << (shift + SlotBits);
                tick = above | ((long)(slot % SlotsPerLevel) << shift);
                return true;
            }
        }

        slot = None;
        tick = 0;
        return false;
    }

    private void Place(int index)
    {
        long due = _entries[index].DueTick;
        if (due <= _currentTick)
        {
            Append(ExpiredSlot, index);
            return;
        }

        int level = BitOperations.Log2((ulong)(due ^ _currentTick)) / SlotBits;
        int slot = (level * SlotsPerLevel) + (int)((due >> (level * SlotBits)) & (SlotsPerLevel - 1));
        _filled[slot / 64] |= 1UL << (slot % 64);
        Append(slot, index);
    }

    private void Append(int slot, int index)
    {
        ref Entry entry = ref _entries[index];
        entry.Slot = slot;
        entry.Next = None;
        entry.Previous = _tails[slot];
        if (entry.Previous == None)
        {
            _heads[slot] = index;
        }
        else
        {
            _entries[entry.Previous].Next = index;
        }

        _tails[slot] = index;
    }

    private void Unlink(int index)
    {
        ref Entry entry = ref _entries[index];
        int slot = entry.Slot;
        if (entry.Previous == None)
        {
            _heads[slot] = entry.Next;
        }
        else
        {
            _entries[entry.Previous].Next = entry.Next;
        }

        if (entry.Next == None)
        {
            _tails[slot] = entry.Previous;
        }
        else
        {
            _entries[entry.Next].Previous = entry.Previous;
        }

        if (_heads[slot] == None && slot != ExpiredSlot)
        {
            _filled[slot / 64] &= ~(1UL << (slot % 64));
        }
    }

    private int Allocate()
    {
        int index = _firstFree;
        if (index != None)
        {
            _firstFree = _entries[index].Next;
        }
        else
        {
            if (_used == _entries.Length)
            {
                Array.Resize(ref _entries, _entries.Length * 2);
            }

            index = _used++;
            _entries[index].Generation = 1;
        }

        return index;
    }

    private void Free(int index)
    {
        ref Entry entry = ref _entries[index];
        entry.Generation = entry.Generation == uint.MaxValue ? 1 : entry.Generation + 1;
        entry.Key = default;
        entry.Next = _firstFree;
        _firstFree = index;
        Count--;
    }

    private struct Entry
    {
        public long DueTick;
        public TKey Key;
        public int Next;
        public int Previous;
        public int Slot;
        public uint Generation;
    }
}
