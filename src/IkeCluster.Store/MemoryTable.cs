namespace IkeCluster.Store;

/// <summary>What was changed since the last commit of a memory store, and how to take it back.</summary>
internal sealed class MemoryJournal
{
    private readonly Stack<Action> _undo = [];

    public void Add(Action undo) => _undo.Push(undo);

    public void Commit() => _undo.Clear();

    public void RollBack()
    {
        while (_undo.TryPop(out Action? undo))
        {
            undo();
        }
    }
}

/// <summary>Rows by key, whose changes can be taken back. Rows are immutable.</summary>
internal sealed class MemoryTable<TKey, TRow>(MemoryJournal journal)
    where TKey : notnull
    where TRow : class
{
    private readonly Dictionary<TKey, TRow> _rows = [];

    public IEnumerable<TRow> Rows => _rows.Values;

    /// <summary>Null: no such row; setting it removes.</summary>
    public TRow? this[TKey key]
    {
        get => _rows.GetValueOrDefault(key);
        set
        {
            TRow? before = this[key];
            journal.Add(() => Put(key, before));
            Put(key, value);
        }
    }

    private void Put(TKey key, TRow? row)
    {
        if (row is null)
        {
            _rows.Remove(key);
        }
        else
        {
            _rows[key] = row;
        }
    }
}
