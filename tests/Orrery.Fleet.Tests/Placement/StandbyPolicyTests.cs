using Orrery.Fleet.Placement;

namespace Orrery.Fleet.Tests.Placement;

public sealed class StandbyPolicyTests
{
    private static readonly PlacedReplica _model = new("model", 10, 1);

    [Fact]
    public void One_silo_has_one_replica_whatever_is_wanted() => Assert.Equal(1, Least(2, Silo("a")));

    [Fact]
    public void Two_silos_with_room_have_two() => Assert.Equal(2, Least(2, Silo("a", _model), Silo("b")));

    [Fact]
    public void A_silo_without_room_or_that_leaves_or_of_another_pool_does_not_count()
    {
        Assert.Equal(1, Least(2, Silo("a", _model), Silo("b", new PlacedReplica("large", 95, 1))));
        Assert.Equal(1, Least(2, Silo("a", _model), Silo("b") with { Draining = true }));
        Assert.Equal(1, Least(2, Silo("a", _model), Silo("b") with { Device = "gpu" }));
    }

    [Fact]
    public void A_full_silo_that_has_it_already_counts() => Assert.Equal(2, Least(2, Silo("a", _model), Silo("b", _model, new PlacedReplica("large", 90, 1))));

    [Fact]
    public void None_is_added_while_another_model_has_none()
    {
        Assert.Equal(1, StandbyPolicy.Least(2, _model, "cpu", [Silo("a", _model), Silo("b")], othersPending: true, null));
        Assert.Equal(2, StandbyPolicy.Least(2, _model, "cpu", [Silo("a", _model), Silo("b", _model)], othersPending: true, null));
    }

    [Fact]
    public void A_silo_that_is_vacated_does_not_count() =>
        Assert.Equal(1, StandbyPolicy.Least(2, _model, "cpu", [Silo("a", _model), Silo("b", _model)], othersPending: false, "b"));

    [Fact]
    public void What_is_to_leave_a_silo_leaves_it_before_it_looks_for_another() =>
        Assert.Equal(1, StandbyPolicy.Least(2, _model, "cpu", [Silo("a", _model), Silo("b", _model), Silo("c")], othersPending: false, "b"));

    [Fact]
    public void Zero_stays_zero() => Assert.Equal(0, Least(0, Silo("a"), Silo("b")));

    [Fact]
    public void Vacates_where_the_least_must_go_and_only_standbys()
    {
        SiloInfo[] silos =
        [
            Silo("a", new PlacedReplica("x", 60, 1), new PlacedReplica("y", 30, 1)),
            Silo("b", new PlacedReplica("x", 60, 1), new PlacedReplica("z", 20, 1)),
        ];
        Assert.Equal("b", StandbyPolicy.ToVacate(new PlacedReplica("new", 50, 1), "cpu", silos, silos)?.Id);
        // Larger than what standbys leave.
        Assert.Null(StandbyPolicy.ToVacate(new PlacedReplica("new", 90, 1), "cpu", silos, silos));
        // There is room.
        Assert.Null(StandbyPolicy.ToVacate(new PlacedReplica("new", 20, 1), "cpu", silos, silos));
    }

    /// <summary>Supervisors of many models, each acting by itself on what it sees: every first that can have room once standbys are gone has it, and nothing moves for ever.</summary>
    [Fact]
    public void Standbys_never_take_room_from_a_first_and_all_come_to_rest()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var silos = Enumerable.Range(0, random.Next(1, 5)).Select(i => Silo($"s{i}") with { Memory = random.Next(40, 120) }).ToArray();
            var models = Enumerable.Range(0, random.Next(1, 8)).Select(i => new PlacedReplica($"m{i}", random.Next(5, 60), 1)).ToArray();
            // Models come one after another; supervisors take turns in any order.
            var moves = 0;
            for (var known = 1; known <= models.Length; known++)
            {
                var present = models[..known];
                bool moved;
                do
                {
                    moved = false;
                    random.Shuffle(present);
                    foreach (var model in present)
                        moved |= Act(model, present, silos);
                    Assert.True(!moved || ++moves < 200, $"seed {seed} does not come to rest");
                }
                while (moved);
            }

            foreach (var model in models.Where(model => Count(model, silos) == 0))
                Assert.True(Array.TrueForAll(silos, silo => silo.FreeMemory < model.Memory) && StandbyPolicy.ToVacate(model, "cpu", silos, silos) is null, $"seed {seed}: {model.Model} has no replica though there is room");
            foreach (var model in models)
                Assert.True(Array.TrueForAll(silos, silo => silo.Count(model.Model) <= 1 && silo.FreeMemory >= 0), $"seed {seed}: {model.Model} stands twice, or where there is no room");
        }
    }

    /// <summary>What one supervisor does in one turn.</summary>
    private static bool Act(PlacedReplica model, PlacedReplica[] models, SiloInfo[] silos)
    {
        var others = models.Where(other => other.Model != model.Model && Count(other, silos) == 0).ToList();
        // Those that cannot have one are no longer waited for.
        var pending = others.Exists(other => Array.Exists(silos, silo => silo.FreeMemory >= other.Memory));
        var vacated = others.OrderBy(other => other.Model, StringComparer.Ordinal).Select(other => StandbyPolicy.ToVacate(other, "cpu", silos, silos)).FirstOrDefault(silo => silo is not null)?.Id;
        var least = StandbyPolicy.Least(2, model, "cpu", silos, pending, vacated);
        var here = Count(model, silos);
        if (here < least && ReplicaPlacement.Choose(model, "cpu", [.. silos.Where(silo => here == 0 || silo.Id != vacated)]).Silo is { } place)
        {
            var index = Array.IndexOf(silos, place);
            silos[index] = place with { Replicas = place.Replicas.Add(model) };
            return true;
        }

        if (here <= least)
            return false;
        var from = Array.FindIndex(silos, silo => silo.Count(model.Model) > 0 && (vacated is null || silo.Id == vacated));
        if (from < 0)
            from = Array.FindIndex(silos, silo => silo.Count(model.Model) > 0);
        silos[from] = silos[from] with { Replicas = silos[from].Replicas.Remove(model) };
        return true;
    }

    private static int Count(PlacedReplica model, SiloInfo[] silos) => silos.Sum(silo => silo.Count(model.Model));

    private static int Least(int wanted, params SiloInfo[] silos) => StandbyPolicy.Least(wanted, _model, "cpu", silos, othersPending: false, null);

    private static SiloInfo Silo(string id, params PlacedReplica[] replicas) => new(id, "cpu", "", 100, 4, false, 0, [.. replicas]);
}
