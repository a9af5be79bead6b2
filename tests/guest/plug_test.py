# SPDX-License-Identifier: MIT
"""Cards come and go in a QEMU with our models; nothing is left behind

No guest runs: an unplug is completed by the reset that follows it.
"""

import pathlib
import subprocess
import time

from testing import Failure, Qmp, main, options, qemu, say, socket_folder

ROUNDS = 1000
# The first rounds fill caches
WARM = 50
# A leak of 5 KiB in each round shows; what is freed late does not
GROWTH_KIB = 5 * 1024

# Options that must be refused, and the word that the error must contain
WRONG = [({"mitigation": "3"}, "mitigation"), ({"mac": "zz"}, "mac"),
         ({"nosuch": "1"}, "nosuch")]


def rss_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise Failure(f"process {pid} is gone")


def names(qmp):
    """Cards that QEMU knows of"""
    return {card["name"] for card in qmp("query-rx-filter")}


def plug_and_unplug(qmp, device):
    """One round, with a cable that is pulled and plugged again"""
    qmp("device_add", driver=device, id="card", netdev="net0")
    if names(qmp) != {"card"}:
        raise Failure(f"{device} does not show: {names(qmp)}")
    qmp("set_link", name="net0", up=False)
    qmp("set_link", name="net0", up=True)
    qmp("device_del", id="card")
    qmp("system_reset")
    until = time.monotonic() + 30
    while names(qmp):
        if time.monotonic() > until:
            raise Failure(f"{device} is still there after the reset")
        time.sleep(0.02)


def refuse_wrong_options(qmp, device):
    for wrong, word in WRONG:
        try:
            qmp("device_add", driver=device, id="wrong", **wrong)
        except Failure as e:
            if word not in str(e):
                raise Failure(f"error does not name {word}: {e}") from None
        else:
            raise Failure(f"{device} took {wrong}")


def pluggable(qmp):
    """Our PCI cards; ISA knows no hot plug"""
    types = qmp("qom-list-types", implements="pci-device")
    return sorted(t["name"] for t in types if t["name"].startswith("vifemu-"))


def entry():
    args = options(__doc__)
    binary = qemu(args)
    with socket_folder() as sockets:
        command = [binary, "-accel", "qtest", "-machine", "pc", "-nodefaults",
                   "-display", "none", "-netdev", "user,id=net0",
                   "-qmp", f"unix:{sockets}/qmp,server=on,wait=off"]
        with subprocess.Popen([str(c) for c in command]) as child:
            try:
                qmp = Qmp(f"{sockets}/qmp")
                devices = pluggable(qmp)
                for n in range(ROUNDS):
                    plug_and_unplug(qmp, devices[n % len(devices)])
                    if n == WARM:
                        before = rss_kib(child.pid)
                grown = rss_kib(child.pid) - before
                refuse_wrong_options(qmp, args.device)
                qmp("quit")
                code = child.wait(10)
            finally:
                child.terminate()
    say(f"{ROUNDS} cards of {len(devices)} kinds came and went, {grown} KiB "
        "more in use")
    if grown > GROWTH_KIB or code:
        raise Failure(f"grown by {grown} KiB, exit status {code}")
    return 0


if __name__ == "__main__":
    main(entry)
