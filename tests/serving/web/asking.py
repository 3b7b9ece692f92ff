"""A client of the dashboard, and how a browser sends its forms."""

import re
from urllib.parse import urlencode

from serving.app import App
from serving.security import DASHBOARD
from serving.web.dashboard import dashboard_routes
from serving.web.sessions import COOKIE, new_secret
from tests.serving.client import Client

FORM = {"content-type": "application/x-www-form-urlencoded"}
PAGES = sorted({path for method, path in DASHBOARD if method == "GET"} - {"/dashboard/sign-in"})


def client_of(service):
    return Client(service, App(service, dashboard_routes(service, new_secret())))


def token_on(page):
    return re.search(r'name="token" value="([0-9a-f]{64})"', page.text)[1]


def post(client, path, cookies=None, **fields):
    headers = dict(FORM)
    if cookies:
        headers["cookie"] = cookies
    return client.post(path, content=urlencode(fields, doseq=True), headers=headers)


def sign_in(client, token):
    answer = post(client, "/dashboard/sign-in", key=token)
    found = re.match(rf"({COOKIE}=[^;]+);", answer.headers.get("set-cookie", ""))
    return answer, found and found[1]
