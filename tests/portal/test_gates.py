"""The pipe's choice of gates: one per device, and the next one when that is not there."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from ecluse.portal.gates import RESTING, Gates
from portal.serving import loopback, port_of, serving
from portal.test_pipe import SIGNED, Upstream, piped


if TYPE_CHECKING:
    from collections.abc import Iterator


ADDRESSES = [f"http://127.0.0.1:{port}" for port in (1, 2, 3)]


def signed_by(device: int) -> bytes:
    return b'ecluse=("@method");created=1;keyid="account.%d";alg="ecdsa-p256-sha256"' % device


def test_a_device_keeps_its_gate_and_devices_are_spread() -> None:
    gates = Gates(ADDRESSES)
    first = {device: gates.order(signed_by(device))[0].address for device in range(300)}
    assert first == {device: gates.order(signed_by(device))[0].address for device in range(300)}
    assert all(60 < count < 140 for count in Counter(first.values()).values())


def test_requests_without_a_device_take_turns() -> None:
    gates = Gates(ADDRESSES)
    assert {gates.order(b"")[0].address for _ in range(50)} == set(ADDRESSES)


def test_a_gate_that_failed_comes_last_for_a_moment_and_moves_only_its_own_devices() -> None:
    now = 100.0
    gates = Gates(ADDRESSES, clock=lambda: now)
    before = {device: gates.order(signed_by(device)) for device in range(50)}
    gone = before[0][0]
    gates.failed(gone)
    for device, order in before.items():
        kept = [each for each in order if each is not gone]
        assert gates.order(signed_by(device)) == [*kept, gone]
    now += RESTING
    assert {device: gates.order(signed_by(device)) for device in range(50)} == before


@contextmanager
def dying() -> Iterator[tuple[str, list[bytes]]]:
    """A gate that reads each request and dies before it answers."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def die() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    heard.append(connection.recv(65536))

        thread = threading.Thread(target=die, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{port_of(listening)}", heard
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


@contextmanager
def living() -> Iterator[tuple[str, Upstream]]:
    upstream, listening = Upstream(), loopback()
    with serving(upstream.app(), listening):
        yield f"http://127.0.0.1:{port_of(listening)}", upstream


def closed() -> str:
    listening = loopback()
    address = f"http://127.0.0.1:{port_of(listening)}"
    listening.close()
    return address


def named(number: int) -> dict[str, str]:
    return {**SIGNED, "signature-input": signed_by(number).decode()}


def test_a_gate_that_is_not_there_is_passed_over_for_signed_and_unsigned() -> None:
    with living() as (here, upstream), piped(closed(), here) as client:
        for number in range(20):
            assert client.post("/v1/checks", headers=named(number)).status_code == 418
            assert client.post("/v1/login/begin").status_code == 418
    assert len(upstream.requests) == 40


def test_a_signed_request_that_a_gate_died_on_is_answered_by_another_byte_for_byte() -> None:
    with dying() as (there, heard), living() as (here, upstream), piped(there, here) as client:
        for number in range(20):
            answer = client.post("/v1/checks", content=b"%d" % number, headers=named(number))
            assert (answer.status_code, answer.content) == (418, b"%d" % number)
    assert heard
    assert {body for *_, body in upstream.requests} == {b"%d" % number for number in range(20)}


def test_an_unsigned_request_that_a_gate_died_on_is_not_sent_twice() -> None:
    with dying() as (there, heard), living() as (here, upstream), piped(there, here) as client:
        answers = [client.post("/v1/enrolments/finish").status_code for _ in range(20)]
    assert set(answers) == {418, 503}
    assert len(heard) == answers.count(503)
    assert len(upstream.requests) == answers.count(418)


@pytest.mark.parametrize("died", [True, False])
def test_an_unauthorised_answer_after_a_death_asks_the_sender_to_sign_anew(died: bool) -> None:
    """The nonce may be spent: only the sender can make another request of it."""
    with dying() as (there, _), living() as (here, _), piped(there, here) as client:
        number = next(n for n in range(99) if (first(there, here, n) == there) == died)
        answer = client.post("/v1/unauthorised", headers=named(number))
    assert answer.status_code == (503 if died else 401)


def first(there: str, here: str, number: int) -> str:
    return Gates([there, here]).order(signed_by(number))[0].address
