using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using IkeCluster.Node.Configuration;

namespace IkeCluster.Node.Events;

/// <summary>
/// Takes audit lines from the loops without ever making them wait, and writes them on a thread of its own. A line that
/// finds the queue full is counted, and the count is written as soon as there is room.
/// </summary>
internal sealed class AuditLog : IAsyncDisposable
{
    private const int QueueMax = 65_536;

    private readonly Channel<string> _queue = Channel.CreateBounded<string>(
        new BoundedChannelOptions(QueueMax) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly AuditSettings _settings;
    private readonly ILogger _log;
    private readonly Task _writing;
    private Stream? _stream;
    private long _lost;
    private volatile bool _reopen;

    private AuditLog(AuditSettings settings, Stream? stream, ILogger log)
    {
        (_settings, _stream, _log) = (settings, stream, log);
        _writing = settings.To == AuditTarget.None ? Task.CompletedTask : Task.Run(WriteAllAsync);
    }

    /// <summary>Opens the target at once, so that a path that cannot be written is a fault at start-up.</summary>
    /// <exception cref="NodeFaultException">The file cannot be opened, or no syslog is there.</exception>
    public static AuditLog Open(AuditSettings settings, ILogger log)
    {
        try
        {
            return new AuditLog(settings, OpenTarget(settings), log);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new NodeFaultException($"audit: {settings.File} cannot be written: {FileTrouble.Cause(fault)}", fault);
        }
    }

    public void Write(string line)
    {
        if (_settings.To != AuditTarget.None && !_queue.Writer.TryWrite(line))
        {
            Interlocked.Increment(ref _lost);
        }
    }

    /// <summary>The file was moved away: begin a new one of the same name.</summary>
    public void Reopen() => _reopen = true;

    /// <summary>Returns when every line that was taken is written.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writing;
        await (_stream?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private static Stream? OpenTarget(AuditSettings settings)
    {
        switch (settings.To)
        {
            case AuditTarget.File:
                Directory.CreateDirectory(Path.GetDirectoryName(settings.File)!);
                return new FileStream(settings.File, FileMode.Append, FileAccess.Write, FileShare.Read);
            case AuditTarget.Syslog:
                return SyslogStream.Open();
            default:
                return null;
        }
    }

    private async Task WriteAllAsync()
    {
        while (await _queue.Reader.WaitToReadAsync())
        {
            try
            {
                await WriteReadyAsync();
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or SocketException)
            {
                NodeLog.AuditTrouble(_log, FileTrouble.Cause(fault));
                Interlocked.Increment(ref _lost);
                await (_stream?.DisposeAsync() ?? ValueTask.CompletedTask);
                _stream = null;
            }
        }
    }

    private async Task WriteReadyAsync()
    {
        if (_reopen || _stream is null)
        {
            await (_stream?.DisposeAsync() ?? ValueTask.CompletedTask);
            _reopen = false;
            _stream = OpenTarget(_settings);
        }

        while (_queue.Reader.TryRead(out string? line))
        {
            await _stream!.WriteAsync(Encoding.UTF8.GetBytes($"{line}\n"));
        }

        long lost = Interlocked.Exchange(ref _lost, 0);
        if (lost > 0)
        {
            await _stream!.WriteAsync(Encoding.UTF8.GetBytes($"{{\"event\":\"lost\",\"lines\":{lost}}}\n"));
        }

        await _stream!.FlushAsync();
    }
}
