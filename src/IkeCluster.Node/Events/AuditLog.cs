using System.Globalization;
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
    private const int LinesPerWriteMax = 256;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private readonly ILogger _log;
    private readonly Task _writing;
    private readonly CancellationTokenSource _stop = new();
    private Stream? _stream;
    private bool _isInTrouble;
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

    /// <summary>Returns when every line that was taken is written, or cannot be.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _stop.CancelAsync();
        await _writing;
        await CloseAsync();
        _stop.Dispose();
    }

    private static Stream? OpenTarget(AuditSettings settings)
    {
        switch (settings.To)
        {
            case AuditTarget.File:
                Directory.CreateDirectory(Path.GetDirectoryName(settings.File)!);
                return new FileStream(settings.File, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
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
            byte[] ready = TakeReady();
            while (!await TryWriteAsync(ready))
            {
                // Lines are kept until there is room again; only the end of the process gives them up.
                if (_stop.IsCancellationRequested)
                {
                    NodeLog.AuditTrouble(_log, "the process ends and the last lines are lost");
                    return;
                }

                await Task.Delay(RetryAfter, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private byte[] TakeReady()
    {
        var lines = new StringBuilder();
        long lost = Interlocked.Exchange(ref _lost, 0);
        if (lost > 0)
        {
            lines.Append(CultureInfo.InvariantCulture, $"{{\"event\":\"lost\",\"lines\":{lost}}}\n");
        }

        for (int i = 0; i < LinesPerWriteMax && _queue.Reader.TryRead(out string? line); i++)
        {
            lines.Append(line).Append('\n');
        }

        return Encoding.UTF8.GetBytes(lines.ToString());
    }

    private async Task<bool> TryWriteAsync(byte[] lines)
    {
        long before = 0;
        try
        {
            if (_reopen || _stream is null)
            {
                _reopen = false;
                await CloseAsync();
                _stream = OpenTarget(_settings);
            }

            before = _stream!.CanSeek ? _stream.Position : 0;
            await _stream.WriteAsync(lines);
            await _stream.FlushAsync();
            _isInTrouble = false;
            return true;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or SocketException)
        {
            if (!_isInTrouble)
            {
                NodeLog.AuditTrouble(_log, FileTrouble.Cause(fault));
            }

            _isInTrouble = true;
            CutBack(before);
            await CloseAsync();
            return false;
        }
    }

    // What of the lines was written before the disk was full would stand there twice after the next try.
    private void CutBack(long length)
    {
        try
        {
            if (_stream is { CanSeek: true })
            {
                _stream.SetLength(length);
            }
        }
        catch (IOException)
        {
            NodeLog.AuditTrouble(_log, "a line that was half written stays");
        }
    }

    private async ValueTask CloseAsync()
    {
        Stream? closing = _stream;
        _stream = null;
        try
        {
            await (closing?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
        catch (IOException fault)
        {
            NodeLog.AuditTrouble(_log, FileTrouble.Cause(fault));
        }
    }
}
