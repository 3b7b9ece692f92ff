"""simulate: what it says while it takes minutes."""

from recsys.cli.simulate import Night, _say


def test_the_end_of_a_night_is_told_at_once(capsys):
    figures = dict.fromkeys(("p99_ms", "server_mb", "trainer_mb", "home_mb"), 0.0)
    counts = dict.fromkeys(("articles", "events", "answers", "faults"), 0)
    night = Night(day="2026-03-01", outcome="published", version="v", quality={}, seconds=12.3, **figures, **counts)
    _say(night, 2, 7)
    assert capsys.readouterr() == ("", "night 2 of 7: published in 12 s\n")
