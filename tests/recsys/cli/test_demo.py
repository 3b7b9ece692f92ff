"""demo, from nothing to a page that can be read, and to its end."""

import os
import re
import signal
import subprocess
import urllib.request

import pytest

from tests.recsys.cli.running import RECSYS


@pytest.mark.slow
def test_the_demo_trains_serves_and_ends_when_it_is_asked_to(tmp_path):
    """It begins anew in the folder of an earlier demo, whose store no longer opens."""
    home = tmp_path / "demo"
    (home / "bundles").mkdir(parents=True)
    for file in ("made-by-recsys-demo", "store.db", "bundles/ACTIVE"):
        (home / file).write_text("of an earlier demo")
    command = [str(RECSYS), "demo", "--no-browser", "--port", "0", "--home", str(home)]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    log = tmp_path / "log.txt"
    with (
        log.open("w") as err,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=err, text=True, env=environment) as process,
    ):
        try:
            assert process.stdout is not None
            said = ""
            while not (found := re.search(r"^listening on (http://\S+)$", said, re.MULTILINE)):
                line = process.stdout.readline()
                assert line, said + log.read_text()
                said += line
            assert "Recommendation, split: visitors known at the cut" in said
            assert "\nRanking, " in said
            for path, words in (
                ("/", "The Harbour Courier"),
                ("/articles/lantern-bridge-closed", "Lantern Bridge"),
            ):
                with urllib.request.urlopen(found[1] + path, timeout=20) as answer:
                    page = answer.read().decode()
                    assert answer.status == 200
                    assert words in page
            lists = [page.count(f'data-list="{name}"') for name in ("related", "ranking", "recommendation")]
            assert lists == [10, 8, 8]
        finally:
            process.send_signal(signal.SIGTERM)
            ended = process.wait(20)
    assert ended in (0, -signal.SIGTERM)
    assert "Traceback" not in log.read_text()
