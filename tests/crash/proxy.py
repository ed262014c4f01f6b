#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TCP proxies whose network can be cut, silenced or delayed: one process, one port a client, told on standard input.

    proxy.py NAME:LISTEN:UPSTREAM...      each line of standard input: NAME ok | cut | silent | delay MILLISECONDS

Each is answered by a line: how many connections the mode that ends here has cut, or bytes it has held back.
"""

import asyncio
import collections
import fcntl
import struct
import sys
import termios


def unread(transport):
    """Bytes that have come and that nobody has read."""
    try:
        number = fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.FIONREAD, bytes(4))
    except (OSError, ValueError):
        return 0  # it is closed
    return struct.unpack("i", number)[0]


class Line:
    """One client's line to one server."""

    def __init__(self, name, listen, upstream):
        self.name, self.listen, self.upstream = name, listen, upstream
        self.mode, self.delay_s = "ok", 0.0
        self.ends = set()
        self.met = 0  # by this mode: connections that it cut, or bytes that it held back

    def set(self, mode, delay_ms=0):
        """How much the mode before has met."""
        met = self.met + (sum(unread(end.transport) for end in self.ends) if self.mode == "silent" else 0)
        self.mode, self.delay_s, self.met = mode, delay_ms / 1000, 0
        self.apply(mode)
        return met

    def apply(self, mode):
        for end in list(self.ends):
            if mode == "cut":
                end.cut()
            elif mode == "silent":
                end.transport.pause_reading()
            else:
                end.transport.resume_reading()


class End(asyncio.Protocol):
    def __init__(self, line, other=None):
        self.line, self.other, self.transport, self.held = line, other, None, []
        self.is_client = other is None
        self.due, self.waiting = 0.0, collections.deque()

    def connection_made(self, transport):
        self.transport = transport
        self.line.ends.add(self)
        if self.line.mode == "cut":
            return self.cut()
        if self.line.mode == "silent":
            transport.pause_reading()
        if self.other is None:
            asyncio.get_running_loop().create_task(self.connect())
        else:
            self.other.ready()

    def cut(self):
        self.line.met += self.is_client
        self.transport.abort()

    async def connect(self):
        loop = asyncio.get_running_loop()
        try:
            _, end = await loop.create_connection(lambda: End(self.line, self), "127.0.0.1", self.line.upstream)
        except OSError:
            return self.transport.abort()
        self.other = end
        self.ready()

    def ready(self):
        if self.other is not None and self.other.transport is not None:
            for data in self.held:
                self.other.transport.write(data)
            self.held = []

    def data_received(self, data):
        if self.other is None or self.other.transport is None:
            return self.held.append(data)
        loop = asyncio.get_running_loop()
        if not self.line.delay_s and not self.waiting:
            return self.pass_on(data)
        self.line.met += len(data) if self.line.delay_s else 0
        self.due = max(self.due, loop.time() + self.line.delay_s)  # what came first goes first, whatever changes
        self.waiting.append(data)
        loop.call_at(self.due, lambda: self.pass_on(self.waiting.popleft()))

    def pass_on(self, data):
        if not self.other.transport.is_closing():
            self.other.transport.write(data)

    def pause_writing(self):
        if self.other is not None and self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self):
        if self.other is not None and self.other.transport is not None and self.line.mode != "silent":
            self.other.transport.resume_reading()

    def connection_lost(self, _):
        self.line.ends.discard(self)
        if self.other is not None and self.other.transport is not None:
            self.other.transport.abort()


async def main():
    loop = asyncio.get_running_loop()
    lines = {}
    for word in sys.argv[1:]:
        name, listen, upstream = word.split(":")
        line = lines[name] = Line(name, int(listen), int(upstream))
        await loop.create_server(lambda line=line: End(line), "127.0.0.1", line.listen)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print("ready", flush=True)
    while words := (await reader.readline()).decode().split():
        print(lines[words[0]].set(words[1], int(words[2]) if len(words) > 2 else 0), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
