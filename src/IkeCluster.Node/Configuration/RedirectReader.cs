using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Payloads;

namespace IkeCluster.Node.Configuration;

/// <summary>Reads <c>redirect</c>: where clients are sent (RFC 5685), and when.</summary>
internal static class RedirectReader
{
    public static RedirectPolicy Read(ConfigSection section)
    {
        string to = section.Text("to", "");
        RedirectWhen when = section.Choice(
            "when", RedirectWhen.Never, ("never", RedirectWhen.Never), ("drain", RedirectWhen.Drain), ("always", RedirectWhen.Always));
        section.Done();
        if (to.Length == 0)
        {
            if (when != RedirectWhen.Never)
            {
                section.Fault("to", "is missing, name the other gateway by its address or its host name");
            }

            return RedirectPolicy.Never;
        }

        if (!GatewayIdentity.TryParse(to, out GatewayIdentity? gateway))
        {
            section.Fault("to", $"\"{to}\" is neither an address nor the name of a host, write the other gateway as its clients dial it");
        }

        return new RedirectPolicy(when, gateway);
    }
}
