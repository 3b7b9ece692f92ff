"""Commands that serve: the scoring API, and the demo that sets up a whole site first."""

import gc
from pathlib import Path
from typing import Annotated

import typer

from recsys.cli.app import DEFAULT_HOME, HomeOption, app

HostOption = Annotated[str, typer.Option("--host", help="The address to listen on; without keys loopback only.")]
PortOption = Annotated[int, typer.Option("--port", min=0, max=65_535, help="0 picks a free one.")]

DEMO_HOME = Path("demo-home")


@app.command()
def serve(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8_000,
    home: HomeOption = DEFAULT_HOME,
    *,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="Processes that answer.")] = 1,
    access_log: Annotated[bool, typer.Option("--access-log", help="Log every request.")] = False,
    json_logs: Annotated[bool, typer.Option("--json-logs", help="Log one JSON object a line.")] = False,
) -> None:
    """Answer over HTTP, with the demo site at / and the documentation at /docs."""
    gc.disable()  # until the server has begun: what is loaded stays, and to look at it takes a tenth of the start
    try:
        from recsys.home import Home
        from recsys.settings import read_settings
        from serving.run import Serving
        from serving.run import serve as run_server

        found = Home(home)
        how = Serving(host, port, workers=workers, access_log=access_log, json_logs=json_logs)
        run_server(found, read_settings(found.settings), how)
    finally:
        gc.enable()


@app.command()
def demo(
    port: PortOption = 8_000,
    home: HomeOption = DEMO_HOME,
    *,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Don't open the page, print its address only.")
    ] = False,
) -> None:
    """Set up a sample newspaper with simulated readers, train, evaluate, serve, and open its front page."""
    from recsys.cli.demo import run_demo

    run_demo(home, port, open_browser=not no_browser)
