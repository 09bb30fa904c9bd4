using System.Runtime.InteropServices;

namespace IkeCluster.Node;

/// <summary>SIGTERM and SIGINT end the node, SIGHUP reads the configuration again (CONTRACT.md).</summary>
internal sealed class Signals : IDisposable
{
    private readonly TaskCompletionSource<string> _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<PosixSignalRegistration> _registrations;

    public Signals() => _registrations =
    [
        Register(PosixSignal.SIGTERM, () => _stop.TrySetResult("SIGTERM")),
        Register(PosixSignal.SIGINT, () => _stop.TrySetResult("SIGINT")),
        Register(PosixSignal.SIGHUP, () => HangUp?.Invoke()),
    ];

    /// <summary>Called on a thread of the runtime's.</summary>
    public Action? HangUp { get; set; }

    /// <summary>The name of the signal that asked the node to end.</summary>
    public Task<string> Stop => _stop.Task;

    public void Dispose() => _registrations.ForEach(registration => registration.Dispose());

    private static PosixSignalRegistration Register(PosixSignal signal, Action act) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        act();
    });
}
