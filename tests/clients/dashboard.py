"""The dashboard socket as Python's `websockets` finds it.

`dashboard.py BINARY` starts the server and checks one claim after the other; the first that does not hold ends it.
"""

import asyncio
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

# Only a broken server takes this long.
PATIENCE = 120
EVENTS = 100_000
FOLLOWERS = 3
BATCH = 100
# How far the publisher runs ahead of the last follower: less than the 1,024 events that a server keeps, and than may wait for one client.
LEAD = 600
# How long a follower stays away, in events.
AWAY = 450


class Server:
    """The binary, on a free port and in a folder of its own."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        log = pathlib.Path(self.folder.name, "log")
        # A hundred thousand requests need no line each; the address is a line at `info`.
        settings = {"OLLAMA_HOST": "off", "SHUTDOWN_GRACE_SECS": "3", "RUST_LOG": "warn,headwater::server=info"}
        with log.open("w") as out:
            command = [os.path.abspath(sys.argv[1]), "--port", "0"]
            self.process = subprocess.Popen(command, cwd=self.folder.name, stdout=out, stderr=out, env=os.environ | settings)
        while not (said := re.search(r"http://(127\.0\.0\.1:\d+)", log.read_text())):
            if self.process.poll() is not None:
                sys.exit(log.read_text())
        self.address = said[1]
        while not self.ready():
            assert self.process.poll() is None, log.read_text()
        return self

    def ready(self):
        try:
            return urllib.request.urlopen(f"http://{self.address}/health/ready", timeout=PATIENCE).status == 200
        except urllib.error.HTTPError:
            return False

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.folder.cleanup()

    def connect(self, query="", **options):
        return connect(f"ws://{self.address}/api/v1/ws/dashboard{query}", open_timeout=PATIENCE, **options)

    async def fetch(self, path, body=None):
        def blocking():
            data = None if body is None else json.dumps(body).encode()
            request = urllib.request.Request(f"http://{self.address}{path}", data, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.read().decode()

        return await asyncio.to_thread(blocking)

    async def call(self, path, body=None):
        return json.loads(await self.fetch(path, body))

    async def broadcast(self, kind, data=None):
        return (await self.call("/api/v1/ws/broadcast", {"type": kind, "data": data}))["seq"]


class Publisher:
    """Broadcasts by the dozen: requests go out without waiting for the answers of those before."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, server):
        return cls(*await asyncio.open_connection(*server.address.split(":")))

    async def publish(self, kind, data, count):
        body = json.dumps({"type": kind, "data": data}).encode()
        head = f"POST /api/v1/ws/broadcast HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self.writer.write((head.encode() + body) * count)
        for _ in range(count):
            head = await self.reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 "), head
            answer = await self.reader.readexactly(int(re.search(rb"content-length: (\d+)", head, re.I)[1]))
        return json.loads(answer)["seq"]


async def told(socket):
    """The next message that is no `stats_update`."""
    while (message := json.loads(await socket.recv()))["type"] == "stats_update":
        pass
    return message


async def greeted(socket):
    """Reads the greeting; returns the data of its ack."""
    ack, stats = json.loads(await socket.recv()), json.loads(await socket.recv())
    assert (ack["type"], stats["type"]) == ("connection_ack", "stats_update"), (ack, stats)
    return ack["data"]


async def ended(socket):
    """Reads to the end; returns the messages and the server's close code."""
    messages = []
    try:
        while True:
            messages.append(json.loads(await socket.recv()))
    except ConnectionClosed as end:
        return messages, end.rcvd and end.rcvd.code


async def the_greeting_is_an_ack_and_the_current_numbers(server):
    async with server.connect() as socket:
        ack, stats = json.loads(await socket.recv()), json.loads(await socket.recv())
        assert set(ack) == {"type", "data", "timestamp"} and ack["type"] == "connection_ack", ack
        assert set(ack["data"]) == {"message", "connection_id", "epoch", "seq", "recovered"}, ack
        assert (stats["type"], "seq" in stats) == ("stats_update", False), stats
        assert stats["data"] == await server.call("/api/v1/stats"), stats


async def broadcasts_come_in_their_order_and_personal_messages_to_one(server):
    async with server.connect() as one, server.connect() as other:
        ack = await greeted(one)
        await greeted(other)
        first = [await server.broadcast("note", n) for n in range(20)][0]
        await server.call(f"/api/v1/ws/connections/{ack['connection_id']}/messages", {"type": "hello", "data": 1})
        await server.broadcast("last")
        for socket in one, other:
            for n in range(20):
                note = await told(socket)
                assert (note["type"], note["data"], note["seq"]) == ("note", n, first + n), note
        hello = await told(one)
        assert (hello["type"], "seq" in hello) == ("hello", False), hello
        assert [(await told(socket))["type"] for socket in (one, other)] == ["last", "last"]


async def a_subscription_narrows(server):
    async with server.connect() as socket:
        await greeted(socket)
        await socket.send('{"type":"subscribe","events":["wanted"]}')
        await socket.send('{"type":"ping"}')
        assert (await told(socket))["type"] == "pong"
        for kind in "unwanted", "wanted":
            seq = await server.broadcast(kind)
        assert (await told(socket))["seq"] == seq


async def what_is_not_understood_is_answered_with_an_error_to_its_sender_alone(server):
    async with server.connect() as socket, server.connect() as other:
        await greeted(socket)
        await greeted(other)
        for bad in "{", "[]", "", '{"type":"shout"}', "κόσμε", b"\x00\xff", "x" * 65_536:
            await socket.send(bad)
            error = await told(socket)
            assert (error["type"], error["data"]["status"], "seq" in error) == ("error", 400, False), error
        seq = await server.broadcast("note")
        assert [(await told(s))["seq"] for s in (socket, other)] == [seq, seq]


async def fragments_are_one_message_with_pings_between_them(server):
    async with server.connect() as socket:
        await greeted(socket)
        pongs = []

        async def pieces():
            for character in '{"type":"ping"}':
                yield character
                pongs.append(await socket.ping())

        await socket.send(pieces())
        assert (await told(socket))["type"] == "pong"
        await asyncio.gather(*pongs)


async def a_message_over_64_kib_is_closed_with_1009(server):
    for message in "x" * 65_537, b"x" * 65_537, ["x" * 40_000] * 2:
        async with server.connect() as socket:
            await greeted(socket)
            await socket.send(message)
            assert (await ended(socket))[1] == 1009


async def an_eleventh_socket_and_a_foreign_page_are_refused(server):
    sockets = [await server.connect() for _ in range(10)]
    for options, status in ({"origin": "http://elsewhere.example"}, 403), ({}, 503):
        try:
            async with server.connect(**options):
                raise AssertionError(f"{options} came in")
        except InvalidStatus as refusal:
            assert refusal.response.status_code == status, refusal
            assert (status == 503) == ("Retry-After" in refusal.response.headers), refusal.response.headers
    await asyncio.gather(*(socket.close() for socket in sockets))


async def who_does_not_read_is_closed_with_4008_and_comes_back_while_others_go_on(server):
    # A short queue: with one message waiting the library stops reading from the socket.
    async with server.connect(max_queue=1) as slow, server.connect() as quick:
        epoch = (await greeted(slow))["epoch"]
        await greeted(quick)
        publisher, sent, is_closed = await Publisher.to(server), [], False
        while not is_closed:
            sent.append(await publisher.publish("note", "x" * 10_000, 1))
            assert (await told(quick))["seq"] == sent[-1]
            assert len(sent) < 5_000, "never closed"
            if len(sent) % 50 == 0:
                is_closed = "\nheadwater_websockets_closed_slow_total 1\n" in await server.fetch("/metrics")
        messages, code = await ended(slow)
        seen = [message["seq"] for message in messages if "seq" in message]
        assert code == 4008 and seen == sent[: len(seen)], (code, len(seen), len(sent))
    async with server.connect(f"?epoch={epoch}&seq={seen[-1]}") as back:
        assert json.loads(await back.recv())["data"]["recovered"]
        missed = sent[len(seen) :]
        assert [(await told(back))["seq"] for _ in missed] == missed


class Follower:
    """Leaves at random in four ways and resumes where it was."""

    def __init__(self, server, course, number):
        self.server, self.course, self.dice = server, course, random.Random(number)
        self.position = course.first
        self.returns = 0

    async def leave(self, socket):
        way = self.dice.randrange(4)
        if way == 0:
            # The library does not see the answer while messages wait to be read.
            await asyncio.gather(socket.close(), ended(socket))
        elif way == 1:
            socket.transport.abort()
        elif way == 2:
            socket.transport.write_eof()
        else:
            socket.transport.close()

    async def run(self):
        while self.position < self.course.last:
            async with self.server.connect(f"?epoch={self.course.epoch}&seq={self.position}") as socket:
                ack = json.loads(await socket.recv())["data"]
                assert ack["recovered"], f"at {self.position}, the server at {ack['seq']}"
                self.returns += 1
                until = min(self.position + 1 + self.dice.randrange(3_000), self.course.last)
                while self.position < until:
                    seq = (await told(socket))["seq"]
                    assert seq == self.position + 1, f"{seq} after {self.position}"
                    self.position = seq
                    if seq % BATCH == 0:
                        await self.course.moved()
                await self.leave(socket)
            await self.course.reached(min(self.position + self.dice.randrange(AWAY), self.course.last))


class Course:
    """What the publisher and the followers know of each other."""

    def __init__(self, epoch, seq):
        self.epoch, self.first, self.head, self.last = epoch, seq, seq, seq + EVENTS
        self.change = asyncio.Condition()

    async def moved(self):
        async with self.change:
            self.change.notify_all()

    async def until(self, check):
        async with self.change:
            await self.change.wait_for(check)

    async def reached(self, seq):
        await self.until(lambda: self.head >= seq)


async def over_a_hundred_thousand_events_who_is_dropped_at_random_misses_none_and_gets_none_twice(server):
    async with server.connect() as socket:
        ack = await greeted(socket)
    course = Course(ack["epoch"], ack["seq"])
    followers = [Follower(server, course, number) for number in range(FOLLOWERS)]

    async def publish():
        publisher = await Publisher.to(server)
        while course.head < course.last:
            await course.until(lambda: course.head - min(f.position for f in followers) <= LEAD)
            course.head = await publisher.publish("note", None, BATCH)
            await course.moved()

    await asyncio.gather(publish(), *(follower.run() for follower in followers))
    assert [follower.position for follower in followers] == [course.last] * FOLLOWERS
    assert min(follower.returns for follower in followers) > 30, "hardly ever dropped"
    async with server.connect(f"?epoch={course.epoch}&seq={course.last - 1_025}") as late:
        assert not json.loads(await late.recv())["data"]["recovered"], "one more than is kept"


async def a_peer_that_answers_no_ping_is_closed_with_1001(server):
    reader, writer = await asyncio.open_connection(*server.address.split(":"))
    writer.write(
        b"GET /api/v1/ws/dashboard HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    said = await reader.read(-1)
    assert b"\x89\x00" in said and said[said.rindex(b"\x88") + 2 :][:2] == (1001).to_bytes(2, "big"), said[-200:]
    writer.close()
    await writer.wait_closed()


async def a_restart_is_announced_and_closed_with_1012_and_begins_a_new_epoch(server):
    async with server.connect() as socket, server.connect(max_queue=1) as idle:
        ack, _ = await greeted(socket), await greeted(idle)
        await server.call("/admin/restart", {})
        for one in socket, idle:
            messages, code = await ended(one)
            last = messages[-1]
            assert (last["type"], code) == ("server_restarting", 1012) and last["data"]["reconnect_after_ms"] > 0, (last, code)
    again = None
    while not again:
        await asyncio.sleep(last["data"]["reconnect_after_ms"] / 1_000)
        try:
            async with server.connect(f"?epoch={ack['epoch']}&seq={ack['seq']}") as back:
                again = await greeted(back)
        except (OSError, InvalidStatus) as not_yet:
            assert not isinstance(not_yet, InvalidStatus) or not_yet.response.status_code == 503, not_yet
    assert again["epoch"] != ack["epoch"] and not again["recovered"], again


CLAIMS = [
    the_greeting_is_an_ack_and_the_current_numbers,
    broadcasts_come_in_their_order_and_personal_messages_to_one,
    a_subscription_narrows,
    what_is_not_understood_is_answered_with_an_error_to_its_sender_alone,
    fragments_are_one_message_with_pings_between_them,
    a_message_over_64_kib_is_closed_with_1009,
    who_does_not_read_is_closed_with_4008_and_comes_back_while_others_go_on,
    over_a_hundred_thousand_events_who_is_dropped_at_random_misses_none_and_gets_none_twice,
]
# After the silent peer, whose place they would need, or which would not survive them.
LAST = [an_eleventh_socket_and_a_foreign_page_are_refused, a_restart_is_announced_and_closed_with_1012_and_begins_a_new_epoch]


async def main():
    loop = asyncio.get_running_loop()
    begun = loop.time()

    async def check(claim, awaitable):
        await asyncio.wait_for(awaitable, PATIENCE)
        print(f"{loop.time() - begun:5.1f} s  {claim.__name__.replace('_', ' ')}", flush=True)

    with Server() as server:
        silent = a_peer_that_answers_no_ping_is_closed_with_1001
        waiting = asyncio.create_task(silent(server))
        for claim in CLAIMS:
            await check(claim, claim(server))
        await check(silent, waiting)
        for claim in LAST:
            await check(claim, claim(server))


asyncio.run(main())
