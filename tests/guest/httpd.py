# SPDX-License-Identifier: MIT
"""The host's side of the guest's transfers: a blob to fetch and to send back"""

import contextlib
import hashlib
import http.server
import random
import threading

PIECE = 1 << 16


class _Handler(http.server.BaseHTTPRequestHandler):
    """GET /blob gives it, and /flood it without end; POST /upload compares its
    sum and says what it saw"""

    protocol_version = "HTTP/1.0"
    timeout = 60

    def _send_blob(self):
        """In pieces, because the time limit is for each write as a whole"""
        for at in range(0, len(self.server.blob), PIECE):
            self.wfile.write(self.server.blob[at:at + PIECE])

    def _flood(self):
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            while True:
                self._send_blob()

    def do_GET(self):  # pylint: disable=invalid-name
        if self.path == "/flood":
            self._flood()
            return
        if self.path != "/blob":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.blob)))
        self.end_headers()
        self._send_blob()

    def do_POST(self):  # pylint: disable=invalid-name
        left = int(self.headers.get("Content-Length", 0))
        total, digest = 0, hashlib.sha256()
        while left > 0:
            chunk = self.rfile.read(min(left, PIECE))
            if not chunk:
                break
            total += len(chunk)
            left -= len(chunk)
            digest.update(chunk)
        right = digest.hexdigest() == self.server.sha256
        answer = ("SHA-256 right" if right else
                  f"SHA-256 differs ({total} bytes arrived)").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        """Requests are no news: the guest reports them"""


class BlobServer:
    """An HTTP server in a thread, on a port that the kernel chooses"""

    def __init__(self, address, size):
        # The same bytes every time, so that two runs compare
        blob = random.Random(size).randbytes(size)
        self._server = http.server.ThreadingHTTPServer((address, 0), _Handler)
        self._server.daemon_threads = True
        self._server.blob = blob
        self._server.sha256 = self.sha256 = hashlib.sha256(blob).hexdigest()
        self.port = self._server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever,
                         daemon=True).start()
        return self

    def __exit__(self, *exc):
        self._server.shutdown()
        self._server.server_close()
