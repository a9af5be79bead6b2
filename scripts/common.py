# SPDX-License-Identifier: MIT
"""What the scripts share: the cache folder, progress lines, running programs

Messages go to stderr with the time since the start, so that stdout is free
for results; the output of programs goes to a log, of which the end is shown
when they fail.
"""

import collections
import contextlib
import fcntl
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Seconds between two progress lines when stderr is no terminal
QUIET_INTERVAL = 10

_started = time.monotonic()


class Failure(Exception):
    """An error for people: the message says what is wrong and what helps"""


def cache_dir():
    """The folder for everything that is fetched or built: never in the tree

    VIFEMU_CACHE names it; otherwise vifemu in the user's cache folder.
    """
    own = os.environ.get("VIFEMU_CACHE")
    if own:
        return pathlib.Path(own).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(base).absolute() / "vifemu"


def elapsed():
    """Seconds since the start of this program"""
    return time.monotonic() - _started


def say(text):
    """Print one progress line"""
    _clear_status()
    print(f"[{elapsed():6.1f}s] {text}", file=sys.stderr, flush=True)


_status = {"shown": False, "last": 0.0}


def status(text):
    """Show what is going on: in place on a terminal, else now and then"""
    now = time.monotonic()
    if sys.stderr.isatty():
        if now - _status["last"] >= 0.2:
            line = f"[{elapsed():6.1f}s] {text}"[:78]
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
            _status.update(shown=True, last=now)
    elif now - _status["last"] >= QUIET_INTERVAL:
        _status["last"] = now
        say(text)


def _clear_status():
    if _status["shown"]:
        print("\r\x1b[K", end="", file=sys.stderr)
        _status["shown"] = False


def run(command, what, log, *, cwd=None, env=None):
    """Run a program with its output in a log; show progress and elapsed time

    @what is said while it runs, with the progress that the program tells: as
    ninja ("[12/345]") or as these scripts do.  Raises Failure with the end of
    the output.
    """
    log = pathlib.Path(log)
    log.parent.mkdir(parents=True, exist_ok=True)
    last = collections.deque(maxlen=15)
    progress = "..."
    full_env = dict(os.environ, **env) if env else None
    _status["last"] = time.monotonic()
    with open(log, "w", encoding="utf-8") as out:
        try:
            child = subprocess.Popen(
                [str(c) for c in command], cwd=cwd, env=full_env, text=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, errors="replace")
        except FileNotFoundError as e:
            raise Failure(f"{what}: {e.filename} is not installed; "
                          "scripts/install-deps installs it") from None
        for line in child.stdout:
            out.write(line)
            last.append(line if len(line) < 400 else line[:400] + " ...\n")
            step = re.match(r"\[(\d+/\d+)\]|\[ *[\d.]+s\] (.*)", line)
            if step:
                progress = step[1] or step[2]
            status(f"{what}: {progress}")
    if child.wait():
        _clear_status()
        sys.stderr.writelines(last)
        raise Failure(f"{what} failed (exit status {child.returncode}); "
                      f"all of its output is in {log}")


def output(command, *, cwd=None, env=None):
    """Standard output of a short command; Failure if it fails"""
    full_env = dict(os.environ, **env) if env else None
    try:
        done = subprocess.run([str(c) for c in command], cwd=cwd, env=full_env,
                              text=True, stdin=subprocess.DEVNULL,
                              capture_output=True, check=False)
    except FileNotFoundError as e:
        raise Failure(f"{e.filename} is not installed; scripts/install-deps "
                      "installs it") from None
    if done.returncode:
        raise Failure(f"{' '.join(map(str, command))} failed: "
                      f"{done.stderr.strip()}")
    return done.stdout


@contextlib.contextmanager
def locked(name):
    """Hold a lock of the cache, so that two runs do not build into one folder"""
    folder = cache_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = open(folder / f"{name}.lock", "w", encoding="utf-8")
    except OSError as e:
        raise Failure(f"cache folder {folder}: {e.strerror}; VIFEMU_CACHE "
                      "names another one") from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Waiting for another run to finish with {folder / name}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main(entry):
    """Run a script's entry function; errors for people, exit status 1"""
    try:
        sys.exit(entry())
    except Failure as e:
        _clear_status()
        print(f"{pathlib.Path(sys.argv[0]).name}: {e}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        _clear_status()
        sys.exit(130)
