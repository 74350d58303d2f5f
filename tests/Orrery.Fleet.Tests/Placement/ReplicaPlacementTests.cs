using Orrery.Fleet.Placement;

namespace Orrery.Fleet.Tests.Placement;

public sealed class ReplicaPlacementTests
{
    private static readonly PlacedReplica _replica = new("e5", 40, 1);

    [Fact]
    public void Says_that_no_silo_of_the_device_is_there()
    {
        var decision = ReplicaPlacement.Choose(_replica, "gpu", [Silo("a"), Silo("b") with { Device = "gpu", Draining = true }]);
        Assert.Equal((null, PlacementFailure.NoSiloOfDevice, 0L), (decision.Silo, decision.Failure, decision.MostFree));
    }

    [Fact]
    public void Says_that_none_has_room_and_how_much_there_is()
    {
        var decision = ReplicaPlacement.Choose(_replica, "cpu", [Silo("a", models: ["x", "x"]), Silo("b", models: ["x", "x"]) with { Memory = 110 }]);
        Assert.Equal((null, PlacementFailure.NoRoom, 30L), (decision.Silo, decision.Failure, decision.MostFree));
    }

    [Fact]
    public void Spreads_over_silos_before_zones() =>
        // The free zone's silo has one already; the other zone's second silo has none.
        Assert.Equal("c", Choose(Silo("a", "z1", "e5"), Silo("b", "z2", "e5"), Silo("c", "z1")));

    [Fact]
    public void Spreads_over_zones_where_silos_are_alike() => Assert.Equal("c", Choose(Silo("a", "z1", "e5"), Silo("b", "z1"), Silo("c", "z2")));

    [Fact]
    public void Prefers_compute_to_spare_then_less_load_then_more_memory()
    {
        Assert.Equal("b", Choose(Silo("a") with { Slots = 0.5 }, Silo("b") with { Load = 100 }));
        Assert.Equal("b", Choose(Silo("a") with { Load = 5 }, Silo("b") with { Load = 4 }));
        Assert.Equal("b", Choose(Silo("a"), Silo("b") with { Memory = 101 }));
    }

    [Fact]
    public void Chooses_the_same_silo_whatever_the_order()
    {
        SiloInfo[] silos = [Silo("b"), Silo("a"), Silo("c")];
        Assert.Equal("a", Choose(silos));
        Assert.Equal("a", Choose([.. silos.Reverse()]));
    }

    [Fact]
    public void Ends_a_replica_on_a_draining_silo_first_then_where_most_are()
    {
        SiloInfo[] silos = [Silo("a", models: "e5"), Silo("b", models: ["e5", "e5"]), Silo("c", models: "e5") with { Draining = true }, Silo("d")];
        Assert.Equal("c", ReplicaPlacement.ToEnd("e5", silos)?.Id);
        Assert.Equal("b", ReplicaPlacement.ToEnd("e5", silos[..2])?.Id);
        Assert.Null(ReplicaPlacement.ToEnd("other", silos));
    }

    private static string? Choose(params SiloInfo[] silos) => ReplicaPlacement.Choose(_replica, "cpu", silos).Silo?.Id;

    private static SiloInfo Silo(string id, string zone = "", params string[] models) =>
        new(id, "cpu", zone, 100, 4, false, 0, [.. models.Select(model => new PlacedReplica(model, 40, 1))]);
}
