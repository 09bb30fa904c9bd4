using System.Collections.Immutable;
using IkeCluster.Fuzz.Mutation;
using IkeCluster.Fuzz.World;
using IkeCluster.Protocol.Message;

namespace IkeCluster.Fuzz.Campaigns;

/// <summary>Every message that is known, in pieces: what is changed, and what parts are borrowed from.</summary>
internal static class Donors
{
    public static ImmutableArray<Piece> OfInits { get; } =
        [.. Stages.Inits.Select(init => PieceReader.Read((PayloadType)init[16], init.AsSpan(IkeHeader.Octets)))];

    public static ImmutableArray<Piece> OfStages { get; } = [.. Stages.All.Select(stage => PieceReader.Read(stage.First, stage.Chain))];

    public static ImmutableArray<Piece> All { get; } = [.. OfInits, .. OfStages];

    public static Piece Of(Stage stage) => OfStages[Stages.All.IndexOf(stage)].Copy();
}
