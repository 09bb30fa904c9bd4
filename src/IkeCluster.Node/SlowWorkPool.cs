using System.Collections.Concurrent;
using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine.Work;
using IkeCluster.Node.Events;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Node;

/// <summary>
/// Threads for sums that would hold up a loop. Short ones, and all on a machine of one core, are done where they are asked
/// for: a hand-over to another thread and back costs more than they do.
/// </summary>
internal sealed class SlowWorkPool : IDisposable
{
    /// <summary>At a few hundred microseconds each, about a second of work: more would answer nobody in time.</summary>
    private const int QueueMax = 4096;

    private readonly BlockingCollection<Action> _queue = new(QueueMax);
    private readonly ILogger _log;
    private readonly Thread[] _threads;

    public SlowWorkPool(int threads, ILogger log)
    {
        _log = log;
        _threads = [.. Enumerable.Range(0, threads).Select(i => new Thread(DoWork) { Name = $"sums-{i}", IsBackground = true })];
        foreach (Thread thread in _threads)
        {
            thread.Start();
        }
    }

    /// <summary>Half the cores; none on a machine that has only one.</summary>
    public static int DefaultThreads(int cores) => cores / 2;

    /// <summary>The port of one loop; <paramref name="post"/> brings an answer home, and has room for <see cref="EventLoop.SumsDueMax"/>.</summary>
    public ISlowWork For(Action<Action> post) => new LoopPort(this, post);

    public void Dispose()
    {
        _queue.CompleteAdding();
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        _queue.Dispose();
    }

    private static bool IsShort(SlowWork work) => work switch
    {
        SlowWork.MakeKeyPair pair => IsShort(pair.Method),
        SlowWork.DeriveSecret secret => IsShort(secret.Pair.Method),
        SlowWork.MakeKeyPairAndDerive both => IsShort(both.Method),
        _ => false,
    };

    private static bool IsShort(KeyExchangeMethod method) => method is KeyExchangeMethod.Curve25519 or KeyExchangeMethod.Ecp256;

    private void DoWork()
    {
        foreach (Action work in _queue.GetConsumingEnumerable())
        {
            work();
        }
    }

    /// <summary>Whoever asked gets an answer, come what may: without one its SA would wait until its last timer.</summary>
    private WorkResult Run(SlowWork work)
    {
        try
        {
            return SlowWorkRunner.Run(work);
        }
        catch (Exception fault)
        {
            NodeLog.WorkFailed(_log, fault);
            return new WorkResult.Failed();
        }
    }

    private sealed class LoopPort(SlowWorkPool pool, Action<Action> post) : ISlowWork
    {
        /// <summary>Answers that are to come; only the loop's thread counts them.</summary>
        private int _due;

        public bool TryStart(SlowWork work, Action<WorkResult> done)
        {
            if (pool._threads.Length == 0 || IsShort(work))
            {
                done(pool.Run(work));
                return true;
            }

            bool isTaken = _due < EventLoop.SumsDueMax && pool._queue.TryAdd(() =>
            {
                WorkResult result = pool.Run(work);
                post(() => Answer(done, result));
            });
            _due += isTaken ? 1 : 0;
            return isTaken;
        }

        private void Answer(Action<WorkResult> done, WorkResult result)
        {
            _due--;
            done(result);
        }
    }
}
