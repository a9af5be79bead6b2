# SPDX-License-Identifier: MIT
"""fake.py - what the stand-ins for QEMU and vifemu have in common

Both say what happens to them in the file that FAKE_LOG names: a line of JSON
each, with "who" and "what".  FAKE_QEMU and FAKE_VIFEMU say how they shall
misbehave: words with commas between.
"""

import array
import json
import os
import socket
import time


class Log:
    def __init__(self, who):
        self.who = who

    def __call__(self, what, **more):
        line = {"who": self.who, "what": what, "pid": os.getpid(), **more}
        fd = os.open(os.environ["FAKE_LOG"],
                     os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        os.write(fd, (json.dumps(line) + "\n").encode())
        os.close(fd)


def option(argv, name, start=""):
    """The value of -NAME that begins with START, or None."""
    for word, value in zip(argv, argv[1:]):
        if word == "-" + name and value.startswith(start):
            return value
    return None


def options(argv, name):
    return [v for w, v in zip(argv, argv[1:]) if w == "-" + name]


def parts(value):
    return dict(p.split("=", 1) for p in value.split(",") if "=" in p)


def habits(name):
    return os.environ.get(name, "").split(",")


class Monitor:
    """The server's side of a QMP connection."""

    def __init__(self, sock, log):
        self.sock = sock
        self.log = log
        self.text = b""
        self.fds = []

    def send(self, value):
        self.sock.sendall(json.dumps(value).encode() + b"\r\n")

    def greet(self):
        self.send({"QMP": {"version": {"qemu": {"major": 7}},
                           "capabilities": []}})

    def receive(self):
        """Whether the peer is still there."""
        data, more, _, _ = self.sock.recvmsg(65536, 4096)
        for level, kind, value in more:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                self.fds += array.array("i", value)
        self.text += data
        return bool(data)

    def commands(self):
        """Commands that are complete."""
        while self.text.strip():
            try:
                value, end = json.JSONDecoder().raw_decode(
                    self.text.decode().lstrip())
            except json.JSONDecodeError:
                return
            self.text = self.text.decode().lstrip()[end:].encode()
            yield value

    def answer(self, command, result):
        """RESULT, or the error that it is if it is text."""
        if isinstance(result, str):
            result = {"error": {"class": "GenericError", "desc": result}}
        else:
            result = {"return": result}
        if "id" in command:
            result["id"] = command["id"]
        self.send(result)


def later(seconds):
    time.sleep(seconds)
