using Orrery.Fleet.Scaling;

namespace Orrery.Fleet.Tests.Simulation;

/// <summary>What a run showed.</summary>
/// <param name="LateRequests">Requests that waited longer than the limit.</param>
/// <param name="Requests">All that came.</param>
/// <param name="ReplicaSeconds">Seconds that replicas existed, warm-up included.</param>
/// <param name="Utilization">Work done over what ready replicas could have done.</param>
public readonly record struct SimulationResult(double LateRequests, double Requests, double ReplicaSeconds, double Utilization)
{
    /// <summary>Share of requests that waited longer than the limit.</summary>
    public double Late => LateRequests / Math.Max(1, Requests);
}

/// <summary>
/// One model in virtual time: a queue in order of arrival (fluid, steps of 0.1 s) before replicas that take a warm-up from order to
/// work and end at once. Deterministic.
/// </summary>
public sealed class ModelSimulation(ArrivalTrace trace, double warmUp, double limit, int ready, double measuredCapacity = 1)
{
    // What is left of each step's arrivals; everything before the head is answered.
    private readonly double[] _work = [.. trace.Work];
    private readonly double[] _requests = [.. trace.Requests];
    private readonly List<int> _starting = [];
    private double _waiting, _late, _seconds, _done, _possible, _arrived, _longest;
    private int _ready = ready, _lastRequest, _step, _head;

    public static SimulationResult Run(
        ArrivalTrace trace, IScaler scaler, double warmUp, double limit, int ready, double measuredCapacity = 1)
    {
        var simulation = new ModelSimulation(trace, warmUp, limit, ready, measuredCapacity);
        var period = (int)Math.Round(scaler.Period / ArrivalTrace.Step);
        for (var k = 0; k < trace.Work.Length; k++)
        {
            if (k % period == 0)
                simulation.Scale(scaler.Decide(simulation.Signals(scaler.Period)));
            simulation.Advance();
        }
        return simulation.Result;
    }

    public int Ready => _ready;

    public int Starting => _starting.Count;

    /// <summary>Up to now; what waits still counts as late.</summary>
    public SimulationResult Result => new(
        _late + _requests.Take(_step).Sum(), trace.Requests.Take(_step).Sum(), _seconds, _done / Math.Max(1e-9, _possible));

    /// <summary>What is measured at this moment, over the last <paramref name="period"/> seconds; resets what is measured by period.</summary>
    public ReplicaSignals Signals(double period)
    {
        var oldest = _waiting > 0 ? (_step - _head) * ArrivalTrace.Step : 0;
        // At the very start there is no past to measure: the first arrivals stand for it.
        var rate = _step == 0 ? trace.Work.Take(10).Sum() : _arrived / period;
        var signals = new ReplicaSignals(TimeSpan.FromSeconds(_step * ArrivalTrace.Step), rate,
            TimeSpan.FromSeconds(Math.Max(oldest, _longest)), _waiting, measuredCapacity, _ready, _starting.Count,
            TimeSpan.FromSeconds(warmUp), TimeSpan.FromSeconds(_lastRequest * ArrivalTrace.Step));
        (_arrived, _longest) = (0, 0);
        return signals;
    }

    /// <summary>Orders or ends replicas; those that start end first.</summary>
    public void Scale(int desired)
    {
        while (_ready + _starting.Count < desired)
            Order();
        while (_ready + _starting.Count > desired)
            End();
    }

    /// <summary>Orders one replica.</summary>
    public void Order() => _starting.Add(_step + (int)Math.Round(warmUp / ArrivalTrace.Step));

    /// <summary>Ends one replica: the one ordered last.</summary>
    public void End()
    {
        if (_starting.Count > 0)
            _starting.RemoveAt(_starting.Count - 1);
        else
            _ready--;
    }

    /// <summary>One step: arrivals, then work.</summary>
    public void Advance()
    {
        while (_starting.Count > 0 && _starting[0] <= _step)
        {
            _starting.RemoveAt(0);
            _ready++;
        }
        if (trace.Requests[_step] > 0)
            _lastRequest = _step;
        (_waiting, _arrived) = (_waiting + _work[_step], _arrived + _work[_step]);
        var capacity = _ready * ArrivalTrace.Step;
        _possible += capacity;
        _seconds += (_ready + _starting.Count) * ArrivalTrace.Step;
        Serve(capacity);
        _step++;
    }

    private void Serve(double capacity)
    {
        for (; _head <= _step; _head++)
        {
            var work = _work[_head];
            var share = work <= capacity ? 1 : capacity / work;
            var delay = (_step - _head) * ArrivalTrace.Step;
            if (share > 0 && _requests[_head] > 0)
                _longest = Math.Max(_longest, delay);
            if (delay > limit + 1e-9)
                _late += _requests[_head] * share;
            _requests[_head] -= _requests[_head] * share;
            _work[_head] = share < 1 ? work - capacity : 0;
            _waiting -= work - _work[_head];
            _done += work - _work[_head];
            capacity -= work - _work[_head];
            if (share < 1)
                return;
        }
        _waiting = 0;
    }
}
