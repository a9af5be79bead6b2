# SPDX-License-Identifier: MIT
"""The bed: Xen and its dom0 in a QEMU that emulates the processor

No hardware virtualization is needed, and nothing of the host is used but a
processor, some 3 GiB of memory and three folders that dom0 sees.
"""

import shutil
import subprocess
import time

from common import Failure, ROOT

# The emulator of the whole bed, and memory in MiB: of all of it, of dom0
QEMU = "qemu-system-x86_64"
MEMORY = 3072
DOM0_MEMORY = 2048

# Seconds: until `xl` works, and for what dom0 does between two scenarios; on
# an idle host 15 and 5
BOOT_LIMIT = 240
SLACK = 120


class Unavailable(Failure):
    """This host cannot run the bed, whatever our code does"""


def require_emulator():
    """To be asked before anything is made for the bed"""
    if not shutil.which(QEMU):
        raise Unavailable(f"{QEMU} (package qemu-system-x86) is not installed")


def processor():
    """-cpu: what Xen and HVM guests need of what TCG can do"""
    return ",".join([
        # SVM with nested paging is what TCG has; of VMX it has nothing
        "EPYC",
        # TCG's MWAIT raises #GP on the hint that Xen's idle loop gives
        "-monitor",
        # TCG does the stack accesses of IRET from user mode as the kernel's,
        # which SMAP forbids: dom0's first IRET would be its last
        "-smap",
        # TCG reports RDTSCP as an intercepted RDTSC, where Xen then finds an
        # instruction of the wrong length
        "-rdtscp",
        # With it, processes of dom0 died now and then while a guest booted, and
        # have not since; why is not known
        "-xsave",
        # No line on stderr for each thing of an EPYC that TCG lacks
        "check=off"])


def hypervisor_arguments():
    return " ".join([
        f"dom0_mem={DOM0_MEMORY}M,max:{DOM0_MEMORY}M",
        "console=com1 com1=115200 loglvl=all guest_loglvl=all",
        # The memory is fresh, and clearing it takes seconds
        "no-bootscrub",
        # A domain may run again at once: otherwise every access to an
        # emulated device waits for the scheduler's millisecond
        "sched=credit sched_ratelimit_us=0"])


def dom0_arguments(words):
    return " ".join(["console=hvc0 quiet loglevel=4 rdinit=/init",
                     "mitigations=off", *words])


def share(tag, folder, *options):
    """A folder that dom0 mounts by its tag"""
    words = ",".join(["local", f"id={tag}", f"path={folder}",
                      "security_model=none", *options])
    return ["-fsdev", words,
            "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]


def command(image, job, words, serial):
    """QEMU's arguments

    @words:  of dom0's kernel command line
    @serial: where the console of Xen and dom0 goes
    """
    return [
        QEMU,
        # One thread and one CPU: with more of them guests crash now and then,
        # and nothing is faster
        "-accel", "tcg,thread=single,tb-size=512", "-smp", "1",
        "-machine", "q35", "-cpu", processor(), "-m", str(MEMORY),
        "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
        "-serial", serial,
        "-kernel", image.path("xen"), "-append", hypervisor_arguments(),
        # Multiboot modules: dom0's kernel with its command line, initramfs
        "-initrd", f"{image.path('vmlinuz')} {dom0_arguments(words)},"
                   f"{job}/dom0.cpio",
        *share("image", image.folder, "readonly=on"),
        *share("tests", ROOT / "tests", "readonly=on"),
        *share("job", job)]


class Bed:
    """A running bed

    @image: what to boot (bedimage.py)
    @job:   folder for what is exchanged with dom0; emptied
    @ours:  initramfs that is laid over dom0's, or None
    @words: of dom0's kernel command line
    @terminal: Xen's console is this terminal, and not a file of the job
    """

    def __init__(self, image, job, plan="", ours=None, words=(),
                 terminal=False):
        self.job = job
        shutil.rmtree(job, ignore_errors=True)
        job.mkdir(parents=True)
        (job / "plan").write_text(plan)
        (job / "output").touch()
        with open(job / "dom0.cpio", "wb") as out:
            for archive in filter(None, (image.path("dom0.cpio"), ours)):
                out.write(archive.read_bytes())
        serial = "mon:stdio" if terminal else f"file:{job / 'console'}"
        words = [str(c) for c in command(image, job, words, serial)]
        self._log = open(job / "qemu", "wb")
        self._child = subprocess.Popen(
            words, stdin=None if terminal else subprocess.DEVNULL,
            stdout=None if terminal else self._log,
            stderr=None if terminal else subprocess.STDOUT)

    def wait(self, timeout=None):
        """Exit status of QEMU"""
        return self._child.wait(timeout)

    def _last_words(self):
        lines = ["it said nothing"]
        for name in ("qemu", "console"):
            if (self.job / name).exists():
                text = (self.job / name).read_text(errors="replace")
                lines += text.strip().splitlines()
        return f"its last line: {lines[-1]}"

    def lines(self, allowed):
        """Lines of the plan's output; None when there is none for a moment

        @allowed: function that says how many seconds may pass from now until
                  the next scenario; Failure after that, or when QEMU ends
        """
        rest = ""
        since, limit = time.monotonic(), BOOT_LIMIT
        with open(self.job / "output", encoding="utf-8",
                  errors="replace") as file:
            while True:
                ended = self._child.poll() is not None
                text = file.read()
                *whole, rest = (rest + text).split("\n")
                for line in whole:
                    if line.startswith(("@scenario", "@done")):
                        since, limit = time.monotonic(), allowed(line)
                    yield line
                if whole:
                    continue
                if ended:
                    raise Failure(f"the bed ended; {self._last_words()}")
                if time.monotonic() - since > limit:
                    raise Failure(f"the bed did nothing more in {limit} s; "
                                  f"{self._last_words()}")
                yield None
                time.sleep(0.2)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(10)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        self._log.close()
        # 50 MB that are in the cache already
        (self.job / "dom0.cpio").unlink(missing_ok=True)
