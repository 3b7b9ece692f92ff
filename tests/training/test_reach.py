"""What is not of the public web is not reached, in whatever form it is written."""

import socket
from ipaddress import ip_address

import pytest

from recsys.errors import BadInput
from training.fetching import fetch
from training.reach import PORTS, Reach, is_public, resolved

LOCAL = """
127.0.0.1 127.255.255.254 0.0.0.0 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1
169.254.169.254 169.254.0.1 100.64.0.1 100.127.255.255 192.0.0.1 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1
224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 ::1 :: fe80::1 fc00::1 fd00:ec2::254 ff02::1
::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:8.8.8.8 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1 2002:7f00:1::1
2001:0:7f00:1::1 2001:db8::1 100::1
""".split()  # noqa: SIM905 (forty lines else)
PUBLIC_ONES = ["93.184.216.34", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1", "2606:2800:21f:cb07::1"]

# One address of this machine, as attackers write it; the system's resolver reads them all.
WRITTEN = """
http://127.0.0.1/ http://127.1/ http://127.0.1/ http://0x7f000001/ http://0x7f.1/ http://0177.0.0.1/
http://2130706433/ http://017700000001/ http://0/ http://0.0.0.0/ http://localhost/ http://LOCALHOST/
http://[::1]/ http://[0:0:0:0:0:0:0:1]/ http://[::]/ http://[::ffff:127.0.0.1]/ http://[::ffff:7f00:1]/
https://127.0.0.1/ https://localhost/ http://127.0.0.1:443/
""".split()  # noqa: SIM905 (forty lines else)


@pytest.mark.parametrize("address", LOCAL)
def test_an_address_that_is_not_of_the_public_internet_is_not_admitted(address: str) -> None:
    assert not any(is_public(ip_address(address), port) for port in PORTS.values())


@pytest.mark.parametrize("address", PUBLIC_ONES)
def test_a_public_address_is_admitted_on_the_ports_of_the_web_alone(address: str) -> None:
    assert [port for port in (22, 25, 80, 443, 6379, 8080) if is_public(ip_address(address), port)] == [80, 443]


@pytest.fixture
def no_connection(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The addresses that were connected to, which must be none."""
    tried: list[object] = []

    def connect(where: object, **named: object) -> socket.socket:
        tried.append(where)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    return tried


@pytest.mark.parametrize("url", WRITTEN)
def test_this_machine_is_reached_in_no_way_of_writing_it(no_connection: list[object], url: str) -> None:
    with pytest.raises(BadInput):
        fetch(url)
    assert no_connection == []


def test_of_a_names_addresses_only_public_ones_are_tried(no_connection: list[object]) -> None:
    mixed = Reach(resolve=lambda host, port: [ip_address("10.0.0.1"), ip_address("93.184.216.34"), ip_address("::1")])
    with pytest.raises(BadInput):
        fetch("http://rebinding.example/", reach=mixed)
    assert no_connection == [("93.184.216.34", 80)]


def test_a_name_is_resolved_once_so_that_it_can_not_become_another(no_connection: list[object]) -> None:
    answers = iter([[ip_address("93.184.216.34")], [ip_address("127.0.0.1")]])
    with pytest.raises(BadInput):
        fetch("http://rebinding.example/", reach=Reach(resolve=lambda host, port: next(answers)))
    assert no_connection == [("93.184.216.34", 80)]
    assert next(answers) == [ip_address("127.0.0.1")], "the second answer was never asked for"


def test_the_system_resolves_a_literal_to_itself() -> None:
    assert resolved("127.0.0.1", 80) == [ip_address("127.0.0.1")]
