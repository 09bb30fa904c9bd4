namespace IkeCluster.Protocol.Message;

/// <summary>IKEv2 exchange types (IANA IKEv2 registry; RFC 7296 §3.1, RFC 9242).</summary>
public enum ExchangeType : byte { IkeSaInit = 34, IkeAuth = 35, CreateChildSa = 36, Informational = 37, IkeSessionResume = 38, IkeIntermediate = 43 }
