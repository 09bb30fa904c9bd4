using System.Net.Sockets;
using System.Text;

namespace IkeCluster.Node.Events;

/// <summary>Each write is one message to the system's log (RFC 3164 as /dev/log takes it), facility authpriv, severity info.</summary>
internal sealed class SyslogStream : Stream
{
    private const string SocketPath = "/dev/log";
    private const int AuthPrivInfo = (10 * 8) + 6;

    private readonly Socket _socket;
    private readonly byte[] _head = Encoding.ASCII.GetBytes($"<{AuthPrivInfo}>ikenode[{Environment.ProcessId}]: ");

    private SyslogStream(Socket socket) => _socket = socket;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Connects to the local syslog.</summary>
    /// <exception cref="IOException">There is no syslog on this host.</exception>
    public static SyslogStream Open()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(SocketPath));
            return new SyslogStream(socket);
        }
        catch (SocketException fault)
        {
            socket.Dispose();
            throw new IOException($"no syslog listens at {SocketPath}", fault);
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        byte[] message = [.. _head, .. buffer.TrimEnd((byte)'\n')];
        _socket.Send(message);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        Write(buffer.AsSpan(offset, count));
        return Task.CompletedTask;
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _socket.Dispose();
        base.Dispose(disposing);
    }
}
