using Orrery.Fleet.Routing;

namespace Orrery.Fleet.Tests.Routing;

public sealed class SilenceDetectorTests
{
    private readonly SilenceDetector _detector = new(least: 350, most: 2000);
    private long _now;

    [Fact]
    public void A_peer_that_is_asked_nothing_is_not_silent()
    {
        Pass(10_000);
        Assert.False(_detector.Silent);
    }

    [Fact]
    public void One_that_gives_no_sign_of_life_is_silent_after_the_least()
    {
        _detector.Asked(_now);
        Pass(350);
        Assert.False(_detector.Silent);
        Pass(50);
        Assert.True(_detector.Silent);
    }

    [Fact]
    public void One_that_answers_anything_is_not_silent_however_long_the_sign_takes()
    {
        _detector.Asked(_now);
        for (var i = 0; i < 100; i++)
        {
            Pass(300);
            _detector.Heard(_now);
            Assert.False(_detector.Silent);
        }
    }

    [Fact]
    public void One_that_was_always_slow_is_allowed_more_up_to_a_limit()
    {
        for (var i = 0; i < 50; i++)
        {
            _detector.Asked(_now);
            Pass(i % 2 == 0 ? 100 : 200);
            _detector.Answered(_now);
        }

        _detector.Asked(_now);
        Pass(450);
        Assert.False(_detector.Silent);
        Pass(1600);
        Assert.True(_detector.Silent);
    }

    [Fact]
    public void The_observers_own_standstill_does_not_count()
    {
        _detector.Asked(_now);
        Pass(100);
        _now += 5000;
        Assert.False(_detector.Look(_now, 50));
        Pass(400);
        Assert.True(_detector.Silent);
    }

    [Fact]
    public void An_answer_ends_silence_and_a_broken_way_begins_it()
    {
        _detector.Broken();
        Assert.True(_detector.Silent);
        Pass(1000);
        Assert.True(_detector.Silent);
        _detector.Asked(_now);
        Pass(20);
        _detector.Answered(_now);
        Assert.False(_detector.Silent);
    }

    [Fact]
    public void Asking_again_does_not_prolong_silence()
    {
        for (var i = 0; i < 5; i++)
        {
            _detector.Asked(_now);
            Pass(100);
        }

        Assert.True(_detector.Silent);
    }

    private void Pass(int milliseconds)
    {
        for (var end = _now + milliseconds; _now < end;)
        {
            _now += Math.Min(50, end - _now);
            _detector.Look(_now, 50);
        }
    }
}
