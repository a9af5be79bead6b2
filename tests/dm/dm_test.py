#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""dm_test.py - vifemu-dm among stand-ins for libxl, QEMU and vifemu

In a network namespace of its own; exits with 77 where there can be none.
VIFEMU_DM names the program.
"""

import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

SKIPPED = 77

if os.environ.get("DM_TEST_INSIDE") != "1":
    sys.stdout.flush()
    if not shutil.which("unshare") or not os.path.exists("/dev/net/tun") \
            or subprocess.run(["unshare", "-n", "true"], check=False,
                              stderr=subprocess.DEVNULL).returncode:
        print("skipped: no network namespace or no /dev/net/tun here")
        sys.exit(SKIPPED)
    os.environ["DM_TEST_INSIDE"] = "1"
    os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])

# pylint: disable=wrong-import-position
from guest import Client, Guest, alive, taps, wait_for  # noqa: E402

# What libxl 4.20 starts a device model with first, to ask what it can
PROBE = ("-S -no-user-config -nodefaults -nographic -machine none,accel=xen "
         "-chardev socket,id=libxl-cmd,fd={fd},server=on,wait=off "
         "-mon chardev=libxl-cmd,mode=control")
# And then, with dm_restrict = 1
RESTRICTED = (
    "-xen-domid {domid} -no-shutdown -chardev "
    "socket,id=libxl-cmd,fd={fd},server=on,wait=off -S "
    "-mon chardev=libxl-cmd,mode=control -chardev socket,id=libxenstat-cmd,"
    "path=/var/run/xen/qmp-libxenstat-{domid},server=on,wait=off "
    "-mon chardev=libxenstat-cmd,mode=control -nodefaults -no-user-config "
    "-name guest -vnc none -display none -boot order=cda "
    "-device e1000,id=nic0,netdev=net0,mac=00:16:3e:00:00:01 "
    "-netdev type=tap,id=net0,ifname=vif{domid}.0-emu,br=xenbr0,script=no,"
    "downscript=no -xen-domid-restrict "
    "-run-with chroot=/var/run/xen/qemu-root-{domid} "
    "-machine xenfv,suppress-vmdesc=on -m 192 "
    "-run-with user=xen-qemuuser-shared")
# How large files become then
FILE_SIZE = 256 << 10

QEMU_PART, OUR_PART = b"QEMU'S PART", b"OUR PART"
TRAILER = 56


class Test(unittest.TestCase):
    def guest(self, *args, **kwargs):
        guest = Guest(*args, **kwargs)
        self.addCleanup(guest.destroy, signal.SIGKILL)
        return guest

    def save(self, guest):
        """As libxl does, into a file that is deleted with the test."""
        out = tempfile.TemporaryFile()
        self.addCleanup(out.close)
        client = guest.client()
        client.call("stop")
        added = client.call("add-fd", fd=out.fileno())
        client.call("xen-save-devices-state", live=False,
                    filename=f"/dev/fdset/{added['fdset-id']}")
        client.close()
        out.seek(0)
        return out


class Create(Test):
    def test_order(self):
        """The tap is there before QEMU, and all is attached before QEMU runs
        and libxl hears anything."""
        guest = self.guest(vifemu="slow")
        client = guest.client()
        client.call("query-chardev")
        order = [(x["who"], x.get("command", x["what"]))
                 for x in guest.everything()]
        self.assertEqual(order, [
            ("qemu", "start"), ("qemu", "qmp_capabilities"),
            ("qemu", "query-pci"), ("vifemu", "start"), ("vifemu", "attached"),
            ("vifemu", "qmp_capabilities"), ("qemu", "cont"),
            ("qemu", "qmp_capabilities"), ("qemu", "query-chardev")])
        start = guest.one("qemu", "start")
        self.assertEqual(start["pid"], guest.process.pid)
        self.assertEqual(start["taps"], [f"vif{guest.domid}.0-emu"])

    def test_words(self):
        guest = self.guest().created()
        start = guest.one("qemu", "start")
        self.assertEqual(start["argv"][1], "-S")
        changed = [(a, b) for a, b in zip(guest.words, start["argv"][2:])
                   if a != b]
        self.assertEqual([b.split(",fd=")[0] for _, b in changed],
                         ["socket,id=libxl-cmd", "socket,id=net0"])
        # 0 to 2, the monitor, the canary, and the one that lists them
        self.assertEqual(len(start["fds"]), 6)
        argv = guest.one("vifemu", "start")["argv"]
        device = argv[argv.index("-device") + 1]
        self.assertEqual(device, "e1000,id=nic0,netdev=net0,"
                                 "mac=00:16:3e:00:00:00,addr=03.0")
        self.assertIn(str(guest.domid), argv)
        # Where QEMU would look for a file, too
        self.assertEqual(guest.one("vifemu", "start")["cwd"], os.getcwd())
        # 0 to 2, the monitor, tap, canary, and the one that lists them
        self.assertEqual(len(guest.one("vifemu", "start")["fds"]), 7)

    def test_several(self):
        """A card that is not ours stays as it is."""
        guest = self.guest(("e1000", "virtio-net-pci", "rtl8139")).created()
        start = guest.one("qemu", "start")
        self.assertEqual(sum("type=tap" in w for w in start["argv"]), 1)
        self.assertEqual(taps(), [f"vif{guest.domid}.0-emu",
                                  f"vif{guest.domid}.2-emu"])
        argv = guest.one("vifemu", "start")["argv"]
        self.assertIn("rtl8139,id=nic2,netdev=net2,mac=00:16:3e:00:00:02,"
                      "addr=05.0", argv)
        self.assertIn("virtio-net-pci is QEMU's", guest.log())

    def test_nothing_ours(self):
        """libxl's probe, and guests without a card of ours."""
        guest = self.guest(("vmxnet3",), more="-vifemu nics=both")
        start = guest.one("qemu", "start")
        self.assertEqual(start["argv"][1:], guest.words[:-2])
        self.assertEqual(len(start["fds"]), 4)
        self.assertEqual(taps(), [])

    def test_refused(self):
        """A card that vifemu's cannot be is QEMU's, and the log says why."""
        guest = self.guest(more="-global e1000.rombar=2")
        start = guest.one("qemu", "start")
        self.assertEqual(start["argv"][1:], guest.words)
        self.assertEqual(taps(), [])
        self.assertIn("nic0: e1000 is QEMU's: vifemu: property 'rombar' "
                      "cannot be '2': it takes a number from -1 to 1",
                      guest.log())

    def test_listening(self):
        """Newer libxl gives a socket that listens already."""
        sock = socket.socket(socket.AF_UNIX)
        self.addCleanup(sock.close)
        with tempfile.TemporaryDirectory() as where:
            sock.bind(where + "/qmp")
            sock.listen()
            guest = self.guest(more="-S", fds=(sock.fileno(),),
                               listen=sock.fileno())
            client = Client(where + "/qmp").negotiate()
            client.call("query-status")
            client.call("cont")
            client.close()
        self.assertIn("-S", guest.one("vifemu", "start")["argv"])
        self.assertEqual(guest.commands("qemu").count("cont"), 1)
        self.assertEqual(guest.commands("vifemu")[-1], "cont")

    def listening(self, words, **kwargs):
        """A guest of these words, and a client of its monitor."""
        sock = socket.socket(socket.AF_UNIX)
        self.addCleanup(sock.close)
        where = tempfile.TemporaryDirectory()
        self.addCleanup(where.cleanup)
        sock.bind(where.name + "/qmp")
        sock.listen()
        fd = sock.fileno()
        guest = self.guest(words=words.format(fd=fd, domid=Guest.domid),
                           fds=(fd,), **kwargs)
        return guest, Client(where.name + "/qmp").negotiate()

    def test_probe(self):
        """QEMU alone is asked, nothing is made, and when it ends the socket of
        the guest's monitor, which libxl may have made by then, stays."""
        guest, client = self.listening(PROBE)
        found = client.call("query-command-line-options")
        self.assertEqual(found[0]["option"], "run-with")
        argv = guest.one("qemu", "start")["argv"]
        self.assertEqual([w.split(",fd=")[0] for w in argv[1:]],
                         [w.split(",fd=")[0] for w in guest.words])
        path = pathlib.Path(client.sock.getpeername())
        client.call("quit")
        self.assertEqual(guest.process.wait(20), 0)
        self.assertTrue(path.exists())
        self.assertEqual(taps(), [])
        self.assertEqual(list(guest.path.glob("vifemu-dm-*")), [])

    def test_restricted(self):
        """libxl starts QEMU stopped, and vifemu has QEMU's user."""
        guest, client = self.listening(RESTRICTED)
        client.call("query-status")
        client.close()
        argv = guest.one("qemu", "start")["argv"]
        changed = [(a, b) for a, b in zip(guest.words, argv[1:]) if a != b]
        self.assertEqual([b.split(",fd=")[0] for _, b in changed],
                         ["socket,id=libxl-cmd", "socket,id=net0"])
        argv = guest.one("vifemu", "start")["argv"]
        self.assertEqual(
            argv[argv.index("-run-with") + 1],
            "exit-with-parent=on,isolate=on,user=xen-qemuuser-shared")
        self.assertIn("-S", argv)

    def test_file_size(self):
        """libxl's limit is for QEMU and vifemu, and does not end the
        supervisor, whose log is larger."""
        guest = self.guest(vifemu="talks", file_size=FILE_SIZE).created()
        for pid in (guest.process.pid, guest.vifemu()):
            self.assertEqual(resource.prlimit(pid, resource.RLIMIT_FSIZE),
                             (FILE_SIZE, FILE_SIZE))
        guest.client().call("stop")
        guest.one("vifemu", "talked")
        self.assertGreaterEqual(len(guest.log()), FILE_SIZE)
        guest.client().call("query-status")

    def test_name_taken(self):
        name = f"vif{Guest.domid}.0-emu"
        subprocess.run(["ip", "tuntap", "add", name, "mode", "tap"],
                       check=True)
        self.addCleanup(subprocess.run, ["ip", "link", "del", name],
                        check=True)
        guest = Guest()
        self.assertEqual(guest.process.wait(20), 1)
        self.assertIn(f"{name}: cannot make the tap", guest.errors())
        self.assertFalse(guest.said("qemu", "start"))

    def test_vifemu_fails(self):
        """The create fails, and the reason can be read."""
        guest = self.guest(vifemu="fail")
        guest.process.wait(20)
        wait_for(guest.gone, "everything to be gone")
        self.assertIn("vifemu: it closed its monitor", guest.errors())
        self.assertIn("vifemu: the slot is taken", guest.log())

    def test_no_slot(self):
        guest = self.guest(qemu="no-slots")
        guest.process.wait(20)
        self.assertIn("there is no PCI card 'nic0'", guest.errors())


class Unplug(Test):
    def test_both(self):
        guest = self.guest().created()
        client = guest.client()
        client.call("x-unplug")
        self.assertEqual(guest.one("vifemu", "unplugged")["card"], "nic0")

    def test_emulated(self):
        guest = self.guest(more="-vifemu nic0=emulated").created()
        self.assertNotIn("-x-xen-canary",
                         guest.one("vifemu", "start")["argv"])
        self.assertNotIn("-vifemu", guest.one("qemu", "start")["argv"])


class End(Test):
    def test_hangup(self):
        guest = self.guest().created()
        guest.destroy()
        self.assertEqual(guest.process.returncode, 0)

    def test_qemu_killed(self):
        guest = self.guest().created()
        guest.destroy(signal.SIGKILL)

    def test_vifemu_killed(self):
        """QEMU goes on, and libxl can do everything."""
        guest = self.guest().created()
        os.kill(guest.vifemu(), signal.SIGKILL)
        wait_for(lambda: not taps(), "the tap to be gone")
        wait_for(lambda: "was ended by signal 9" in guest.log(), "a word")
        client = guest.client()
        client.call("stop")
        client.call("cont")
        client.close()
        with self.save(guest) as out:
            state = out.read()
        self.assertEqual(len(state), len(QEMU_PART) + TRAILER)
        self.assertIsNone(guest.process.poll())

    def test_supervisor_killed(self):
        guest = self.guest().created()
        os.kill(guest.supervisor(), signal.SIGKILL)
        wait_for(lambda: not alive(guest.vifemu()), "vifemu to end")
        wait_for(lambda: not taps(), "the tap to be gone")
        self.assertIsNone(guest.process.poll())
        guest.qmp.unlink()  # libxl does, at the end

    def test_killed_at_start(self):
        """libxl gives up while vifemu is starting."""
        guest = self.guest(vifemu="slow")
        guest.one("vifemu", "start")
        guest.destroy()


class Monitor(Test):
    def test_order(self):
        guest = self.guest().created()
        client = guest.client()
        client.call("stop")
        self.assertEqual(client.events, ["STOP"])
        self.assertEqual(guest.commands("vifemu")[-1], "stop")
        client.call("xen-set-global-dirty-log", enable=True)
        last = guest.said("vifemu", "command")[-1]
        self.assertEqual(last["args"], {"enable": True})
        client.call("cont")
        self.assertEqual(guest.commands("vifemu")[-1], "cont")
        client.call("query-status")
        self.assertEqual(guest.commands("vifemu")[-1], "cont")

    def test_refused(self):
        """What vifemu cannot do is libxl's to know; its id is echoed."""
        guest = self.guest(vifemu="stop-refused").created()
        client = guest.client()
        with self.assertRaisesRegex(RuntimeError, "vifemu: stop: not today"):
            client.call("stop")
        client.call("cont")

    def test_turns(self):
        """A second client waits for the first; each starts from the greeting."""
        guest = self.guest().created()
        first, second = guest.client(), Client(guest.qmp)
        second.sock.settimeout(0.3)
        with self.assertRaises(socket.timeout):
            second.line()
        first.close()
        second.sock.settimeout(20)
        second.negotiate()
        second.call("query-status")

    def test_garbage(self):
        guest = self.guest().created()
        client = guest.client()
        client.sock.sendall(b"}{]\x00\xff\n")
        self.assertIn("error", client.line())
        client.close()
        client = guest.client()
        client.sock.sendall(b"[1, 2]")
        self.assertIn("error", client.line())
        client.close()
        client = guest.client()
        with self.assertRaises((EOFError, OSError)):
            for _ in range(64):
                client.sock.sendall(b'["' + b"x" * 65536)
            while True:
                client.line()
        guest.client().call("query-status")

    def test_pieces(self):
        """Commands in one piece, and one in many."""
        guest = self.guest().created()
        client = guest.client()
        client.sock.sendall(b'{"execute":"stop","id":1}{"execute":"cont",'
                            b'"id":"two"}')
        answers = [client.line() for _ in range(3)]
        self.assertEqual([a.get("id") for a in answers], [None, 1, "two"])
        for byte in b'{"execute": "query-status", "id": {"a": [3]}}':
            client.sock.sendall(bytes([byte]))
        self.assertEqual(client.line()["id"], {"a": [3]})

    def test_large(self):
        """An answer that we would not parse is passed on."""
        guest = self.guest().created()
        client = guest.client()
        text, = client.call("x-large", size=2 << 20)
        self.assertEqual(len(text), 2 << 20)
        self.assertEqual(len(client.call("x-list", size=60000)), 60000)
        client.call("query-status")

    def test_leaves(self):
        """vifemu hears the end of what QEMU has begun for nobody."""
        guest = self.guest().created()
        client = guest.client()
        client.send("stop")
        client.close()
        wait_for(lambda: guest.commands("vifemu")[-1] == "stop", "stop")

    def test_descriptors(self):
        """More of them than anybody needs are closed."""
        guest = self.guest().created()
        fds = f"/proc/{guest.supervisor()}/fd"
        before = len(os.listdir(fds))
        for _ in range(5):
            client = guest.client()
            with open("/dev/null", "rb") as null:
                for _ in range(30):
                    client.call("add-fd", fd=null.fileno())
            client.close()
        client = guest.client()
        client.close()
        wait_for(lambda: len(os.listdir(fds)) <= before, "closed descriptors")


class Hostile(Test):
    """A vifemu that a guest has taken over."""

    def check(self, habit, patience=20):
        guest = self.guest(vifemu=habit).created()
        client = guest.client()
        client.sock.settimeout(patience)
        with self.assertRaisesRegex(RuntimeError, "vifemu: stop: "):
            client.call("stop")
        wait_for(lambda: "its cards are dead" in guest.log(), "a word")
        self.assertFalse(alive(guest.vifemu()))
        client.call("stop")
        client.call("cont")

    def test_silent(self):
        self.check("silent")

    def test_endless(self):
        self.check("endless")

    def test_dies(self):
        self.check("die")

    def test_events(self):
        guest = self.guest(vifemu="events,garbage").created()
        guest.client().call("stop")

    def test_log(self):
        """It cannot fill a disk, nor write lines that are not marked as its."""
        guest = self.guest(vifemu="talks,events").created()
        guest.client().call("stop")
        guest.client().call("query-status")
        wait_for(lambda: "no more of that" in guest.log(), "an end of that")
        self.assertLess(len(guest.log()), 3 << 20)
        self.assertFalse([line for line in guest.log().splitlines()
                          if " vifemu-dm: " not in line])

    def test_large_state(self):
        guest = self.guest(vifemu="large").created()
        with self.assertRaisesRegex(RuntimeError, "too large"):
            self.save(guest)
        guest.client().call("cont")


class State(Test):
    def test_save(self):
        guest = self.guest().created()
        with self.save(guest) as out:
            state = out.read()
        self.assertTrue(state.startswith(QEMU_PART + OUR_PART))
        self.assertEqual(len(state), len(QEMU_PART + OUR_PART) + TRAILER)

    def test_save_path(self):
        guest = self.guest().created()
        path = guest.path / "state"
        guest.client().call("xen-save-devices-state", live=False,
                            filename=str(path))
        self.assertTrue(path.read_bytes().startswith(QEMU_PART + OUR_PART))

    def test_qemu_fails(self):
        guest = self.guest(qemu="save-fails").created()
        with self.assertRaisesRegex(RuntimeError, "on fire"):
            self.save(guest)
        self.assertNotIn("getfd", guest.commands("vifemu"))

    def test_vifemu_fails(self):
        guest = self.guest(vifemu="xen-save-devices-state-refused").created()
        with self.assertRaisesRegex(RuntimeError, "not today"):
            self.save(guest)

    def restore(self, state, **kwargs):
        with tempfile.TemporaryFile() as file:
            file.write(state)
            file.seek(0)
            return self.guest(more=f"-incoming fd:{file.fileno()}",
                              fds=(file.fileno(),), **kwargs)

    def test_restore(self):
        guest = self.guest().created()
        with self.save(guest) as out:
            state = out.read()
        again = self.restore(state).created()
        self.assertEqual(again.one("qemu", "incoming")["state"],
                         QEMU_PART.decode())
        self.assertEqual(again.one("vifemu", "incoming")["state"],
                         OUR_PART.decode())

    def test_damaged(self):
        guest = self.guest().created()
        with self.save(guest) as out:
            state = bytearray(out.read())
        state[len(QEMU_PART) + 2] ^= 1
        again = self.restore(bytes(state))
        self.assertEqual(again.process.wait(20), 1)
        self.assertIn("damaged", again.errors())
        self.assertFalse(again.said("qemu", "start"))

    def test_foreign(self):
        """A guest that was saved with QEMU's card gets it back."""
        again = self.restore(QEMU_PART + b"and not ours" * 10)
        argv = again.one("qemu", "start")["argv"]
        self.assertEqual(sum("type=tap" in w for w in argv), 1)
        self.assertIn("saved with QEMU's cards", again.log())

    def test_without(self):
        """vifemu was gone when the guest was saved."""
        guest = self.guest().created()
        os.kill(guest.vifemu(), signal.SIGKILL)
        wait_for(lambda: "was ended by signal 9" in guest.log(), "a word")
        with self.save(guest) as out:
            state = out.read()
        again = self.restore(state).created()
        self.assertNotIn("-incoming", again.one("vifemu", "start")["argv"])


if __name__ == "__main__":
    unittest.main(warnings="ignore")
