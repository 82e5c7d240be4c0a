"""Where endpoints that somebody typed in may lead."""

import asyncio
import ipaddress
import socket
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from config.errors import SettingError
from config.private_endpoints import PrivateEndpoints, parse_private_endpoints
from projects.models import User
from tests.factories import make_endpoint
from tests.workers.scripted_server import running
from workers.endpoints import addresses, client
from workers.endpoints.chat import stream_chat
from workers.endpoints.connections import close_session
from workers.endpoints.errors import EndpointError, Refused
from workers.endpoints.replies import Completion
from workers.models import Endpoint


def ask(endpoint: Endpoint) -> str:
    async def talk() -> str:
        pieces = stream_chat(
            endpoint,
            served_name="served",
            messages=[{"role": "user", "content": "Hello"}],
            parameters={},
            completion=Completion(),
        )
        try:
            return "".join([piece async for piece in pieces])
        finally:
            await close_session()

    return asyncio.run(talk())


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.5", "172.16.0.1", "192.168.1.1"),
        *("169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.8", "198.18.0.1"),
        *("224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "192.88.99.1"),
        *("::1", "::", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:a00:5", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:5"),
        *("64:ff9b:1::808:808", "2002:7f00:1::", "2001:0:808:808::1", "2001:db8::1"),
    ],
)
def test_private_addresses_are_refused_in_any_spelling(address: str) -> None:
    assert not addresses.is_allowed(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_are_not(address: str) -> None:
    assert addresses.is_allowed(address)


def test_a_listed_network_is_allowed_and_its_neighbour_is_not(settings: Settings) -> None:
    settings.PRIVATE_ENDPOINTS = parse_private_endpoints(("10.1.0.0/16", "fd00::/8", "127.0.0.1"))
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203", "fd12::1", "127.0.0.1"):
        assert addresses.is_allowed(address), address
    for address in ("10.2.0.1", "127.0.0.2", "fc00::1", "::1"):
        assert not addresses.is_allowed(address), address


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "LOCALHOST", "localhost.", "[::ffff:127.0.0.1]"),
        *("127.1", "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "①②⑦.0.0.1"),
    ],
)
def test_no_spelling_of_our_own_machine_is_connected_to(host: str) -> None:
    with running() as server:
        endpoint = Endpoint(name="sly", base_url=f"http://{host}:{server.port}/v1")
        with pytest.raises(EndpointError):
            ask(endpoint)
        assert server.seen == []


def test_the_sentence_names_the_setting_and_no_address() -> None:
    with running() as server:
        endpoint = Endpoint(name="typed", base_url=f"http://localhost:{server.port}/v1")
        with pytest.raises(Refused) as caught:
            ask(endpoint)
    assert str(caught.value) == addresses.PRIVATE
    assert "TOUCHSTONE_PRIVATE_ENDPOINTS" in addresses.PRIVATE


def test_a_name_that_resolves_to_a_private_address_only_when_it_is_called_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, asked = socket.getaddrinfo, []

    def rebinding(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        asked.append(host)
        is_first = len(asked) == 1
        return real("8.8.8.8" if is_first else "127.0.0.1", port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with running() as server:
        address = f"http://models.example.org:{server.port}/v1"
        assert not addresses.leads_inside(address)
        with pytest.raises(Refused, match="private"):
            ask(Endpoint(name="rebinding", base_url=address))
        assert server.seen == []
    assert asked == ["models.example.org"] * 2


def test_listed_hosts_and_trusted_endpoints_may_lead_inside(settings: Settings) -> None:
    with running() as server:
        address = f"http://localhost:{server.port}/v1"
        assert ask(Endpoint(name="ours", base_url=address, is_trusted=True)) == "Hello there"
        settings.PRIVATE_ENDPOINTS = PrivateEndpoints(hosts=frozenset({"localhost"}))
        assert ask(Endpoint(name="typed", base_url=address)) == "Hello there"
        networks = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
        settings.PRIVATE_ENDPOINTS = PrivateEndpoints(networks=networks)
        assert ask(Endpoint(name="typed", base_url=address)) == "Hello there"


def test_checks_are_judged_as_draws_are() -> None:
    with running() as server:
        endpoint = Endpoint(name="typed", base_url=server.base_url)
        assert client.check_health(endpoint).note == addresses.PRIVATE
        with pytest.raises(Refused, match="private"):
            client.list_models(endpoint)


def test_the_setting_takes_networks_addresses_and_hosts() -> None:
    parsed = parse_private_endpoints(("10.1.0.0/16", "192.168.7.20", "GPU-1", "a.b_c.internal"))
    assert [str(network) for network in parsed.networks] == ["10.1.0.0/16", "192.168.7.20/32"]
    assert parsed.hosts == {"gpu-1", "a.b_c.internal"}


@pytest.mark.parametrize("item", ["10.1.2.3/16", "http://gpu-1", "gpu 1", "10.1", "300.1.1.1", "*"])
def test_what_is_neither_is_refused_by_name(item: str) -> None:
    with pytest.raises(SettingError, match="TOUCHSTONE_PRIVATE_ENDPOINTS holds"):
        parse_private_endpoints((item,))


def test_an_endpoint_added_on_the_command_line_is_trusted(db: None) -> None:
    with running() as server:
        call_command("add_model", "served", endpoint_url=server.base_url)
    assert Endpoint.objects.get().is_trusted


class TestTheForm:
    @pytest.fixture
    def admin(self, admin_user: User) -> Client:
        client = Client()
        client.force_login(admin_user)
        return client

    def post(self, admin: Client, endpoint: Endpoint | None = None, **fields: Any) -> str:
        where = f"{endpoint.pk}/change" if endpoint else "add"
        form = {"name": "typed", "most_in_flight": 8, "kept_for_interactive": 1} | fields
        answer = admin.post(f"/admin/workers/endpoint/{where}/", form)
        return "" if answer.status_code == 302 else answer.content.decode()

    def test_it_refuses_a_private_address(self, admin: Client) -> None:
        assert "is a private one" in self.post(admin, base_url="http://10.0.0.5:8000/v1")
        assert not Endpoint.objects.exists()

    def test_it_takes_one_that_the_setting_lists(self, admin: Client, settings: Settings) -> None:
        settings.PRIVATE_ENDPOINTS = parse_private_endpoints(("10.0.0.0/8",))
        assert self.post(admin, base_url="http://10.0.0.5:8000/v1") == ""
        assert not Endpoint.objects.get().is_trusted

    def test_trust_is_in_the_address_and_ends_with_it(
        self, admin: Client, settings: Settings
    ) -> None:
        endpoint = make_endpoint(base_url="http://10.0.0.5:8000/v1")
        assert self.post(admin, endpoint, base_url="http://10.0.0.5:8000/v1") == ""
        endpoint.refresh_from_db()
        assert endpoint.is_trusted
        assert "private" in self.post(admin, endpoint, base_url="http://10.0.0.6:8000/v1")
        assert self.post(admin, endpoint, base_url="http://8.8.8.8:8000/v1") == ""
        endpoint.refresh_from_db()
        assert not endpoint.is_trusted

    def test_a_key_that_fits_in_no_header_is_refused(self, admin: Client) -> None:
        for key in ("two words", "line\nbreak", "schlüssel"):
            said = self.post(admin, base_url="http://8.8.8.8/v1", new_api_key=key)
            assert "must be one word" in said, key
        assert not Endpoint.objects.exists()
