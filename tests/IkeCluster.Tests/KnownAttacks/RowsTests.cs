using System.Reflection;

namespace IkeCluster.Tests.KnownAttacks;

/// <summary>
/// The table of known attacks has 83 rows. Each has a test that names it by a trait, here or where its subject is tested, or
/// a reason why it cannot be met by a node of this kind.
/// </summary>
public sealed class RowsTests
{
    private const int Rows = 83;

    private static readonly Dictionary<int, string> NotForUs = new()
    {
        [28] = "ML-KEM is not in this release: additional key exchanges are refused by the configuration",
        [60] = "no EAP method here has TLS inside",
        [61] = "a fault of clients: the server sends that message and never reads it",
    };

    [Fact]
    public void Every_row_has_a_test_or_a_reason()
    {
        int[] tested =
        [
            .. from type in typeof(RowsTests).Assembly.GetTypes()
               from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance)
               from trait in method.GetCustomAttributes<TraitAttribute>()
               where trait.Name == "row"
               select int.Parse(trait.Value, System.Globalization.CultureInfo.InvariantCulture),
        ];

        Assert.Empty(Enumerable.Range(1, Rows).Except(tested).Except(NotForUs.Keys));
        Assert.Empty(tested.Intersect(NotForUs.Keys));
        Assert.All(tested, row => Assert.InRange(row, 1, Rows));
    }
}
