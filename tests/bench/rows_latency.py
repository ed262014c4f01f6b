# SPDX-License-Identifier: Apache-2.0
"""A hand-over's way at a fixed rate, real processes: system → webhook → connector → Kafka → broker → Kafka → connector → system.

The clock of a hand-over starts when its webhook is answered 200 (it is durable then) and stops when the other system is
called with it. Both systems are played here, in one event loop; the answers' way back runs at the same time.
"""

import asyncio
import datetime
import hashlib
import hmac
import json
import statistics
import time

from demo.supervise import Trouble
from tests.bench.machine import Deployment, connector, cpu_s

RATE = 100  # hand-overs a second: 200 events, for each is answered DELIVERED
POSTERS = 16


class Systems:
    """Both operators' systems: every call is answered at once."""

    def __init__(self):
        self.called, self.patched = {}, 0

    async def serve(self, reader, writer):
        while line := await self.next_request(reader):
            method, path, _ = line.decode().split(" ", 2)
            length = 0
            while (header := (await reader.readline()).strip()):
                name, _, value = header.decode().partition(":")
                length = int(value) if name.lower() == "content-length" else length
            body = json.loads(await reader.readexactly(length)) if length else {}
            answer = json.dumps(self.answer(method, path, body)).encode()
            status = b"201 Created" if method == "POST" else b"200 OK"
            writer.write(b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                         % (status, len(answer), answer))
        writer.close()

    async def next_request(self, reader):
        """Its first line; empty at the end, also when the loop ends first."""
        try:
            return await reader.readline()
        except (asyncio.CancelledError, ConnectionError):
            return b""

    def answer(self, method, path, body):
        if method == "POST" and path == "/api/v1/dossiers":
            number = int(body["user"]["email"].split(".")[1].split("@")[0])
            self.called.setdefault(number, time.monotonic())
            return {"dossier": {"id": number, "user": {"id": number + 5000}}}
        self.patched += 1
        return {}


class Poster:
    """One kept connection to the connector's webhook."""

    def __init__(self, port, secret, acknowledged):
        self.port, self.secret, self.acknowledged = port, secret, acknowledged
        self.free = asyncio.Lock()

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    def close(self):
        self.writer.close()

    async def post(self, number, body):
        async with self.free:
            sign = hmac.new(self.secret, body, hashlib.sha256).hexdigest()
            self.writer.write(f"POST /agenda HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nX-Lapin-Signature: {sign}\r\n"
                              f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
            status = await self.reader.readline()
            at = time.monotonic()
            length = 0
            while (header := (await self.reader.readline()).strip()):
                name, _, value = header.decode().partition(":")
                length = int(value) if name.lower() == "content-length" else length
            await self.reader.readexactly(length)
            if b" 200 " not in status:
                raise Trouble(f"a webhook was answered {status.decode().strip()}")
            self.acknowledged[number] = at


async def drive(systems, port, secret, records, rate=RATE, seconds_to_end=30):
    """Posts the records at that rate; {number: seconds from its acknowledgement to its call}."""
    acknowledged = {}
    posters = [Poster(port, secret, acknowledged) for _ in range(POSTERS)]
    for poster in posters:
        await poster.open()
    began, tasks = time.monotonic(), []
    for index, (number, body) in enumerate(records):
        await asyncio.sleep(max(0, began + index / rate - time.monotonic()))
        tasks.append(asyncio.create_task(posters[index % POSTERS].post(number, body)))
    await asyncio.gather(*tasks)
    for poster in posters:
        poster.close()
    end = time.monotonic() + seconds_to_end
    while any(number not in systems.called for number in acknowledged):
        if time.monotonic() > end:
            raise Trouble("a hand-over that was acknowledged did not arrive")
        await asyncio.sleep(0.05)
    return {number: systems.called[number] - at for number, at in acknowledged.items()}


def records(bench, first, count):
    day = datetime.date.today() - datetime.timedelta(days=1)
    lines = bench.program("bench_records_write", "REG-11", day, first, count).splitlines()
    return [(first + index, line.encode()) for index, line in enumerate(lines)]


async def runs(bench, deployment, table):
    systems = Systems()
    servers = [await asyncio.start_server(systems.serve, "127.0.0.1", deployment.ports["sim-" + code]) for code in ("o21", "o22")]
    loop = asyncio.get_running_loop()
    children = {"broker": deployment.broker(), "o21": connector(deployment, "o21"), "o22": connector(deployment, "o22")}
    for child in children.values():
        deployment.supervisor.add(child)
        await loop.run_in_executor(None, child.wait_ready, 60)
    port, secret = deployment.ports["o21"], (deployment.keys / "webhook.secret").read_bytes().strip()
    await drive(systems, port, secret, records(bench, 1, 300))
    first, count = 10_000, (500 if bench.quick else 3000)
    for _ in range(1 if bench.quick else 3):
        before = {name: cpu_s(child.pid) for name, child in children.items()}
        began = time.monotonic()
        delays = sorted((await drive(systems, port, secret, records(bench, first, count))).values())
        wall = time.monotonic() - began
        first += count
        table.add("handover_latency_p50", statistics.median(delays) * 1000)
        table.add("handover_latency_p99", delays[int(len(delays) * 0.99)] * 1000)
        table.add("handover_cores", sum(cpu_s(child.pid) - before[name] for name, child in children.items()) / wall)
    for server in servers:
        server.close()
    for child in children.values():
        await loop.run_in_executor(None, deployment.down, child)
    await asyncio.sleep(0.1)


def measure(bench, table):
    with Deployment(bench) as deployment:
        asyncio.run(runs(bench, deployment, table))
    table.note(f"Latency: {RATE} hand-overs a second, so 200 events a second with the answers; a row's run is "
               f"{500 if bench.quick else 3000} hand-overs, sealed, signed, opened.")
