# SPDX-License-Identifier: MIT
"""Debian packages unpacked into the cache folder, never installed

A private apt configuration is made from the host's own sources, with source
packages switched on and with its own lists and caches.  Nothing under
/etc/apt or /var changes; other architectures and releases than the host's are
none of dpkg's business either.
"""

import pathlib
import re
import shutil

from common import Failure, cache_dir, output, run, say

# A suite name is the release's codename plus one of these
SUITE_ENDINGS = ("", "-updates", "-security", "/updates")


def host_release():
    """The host's release by its codename: bookworm, ..."""
    try:
        text = pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError as e:
        raise Failure(f"/etc/os-release: {e.strerror}") from None
    found = re.search(r'^VERSION_CODENAME="?([a-z]+)', text, re.M)
    if not found or not re.search(r"^ID(_LIKE)?=.*debian", text, re.M):
        raise Failure("this needs a Debian system (its apt sources are used)")
    return found[1]


def _wanted(suites, components):
    """Of a source's suites those of the Debian release itself"""
    if "main" not in components:
        return []
    code = host_release()
    return [s for s in suites if s in {code + e for e in SUITE_ENDINGS}]


def _from_list(text):
    """Sources of the one-line form, as (options, uri, suites, components)"""
    for line in text.splitlines():
        found = re.match(r"\s*deb\s+(?:\[([^]]*)\]\s*)?(\S+)\s+([^#]+)", line)
        if found:
            words = found[3].split()
            yield found[1] or "", found[2], words[:1], words[1:]


def _list_to_deb822(options, uri, suites, components):
    fields = {"URIs": uri, "Suites": " ".join(suites),
              "Components": " ".join(components)}
    names = {"signed-by": "Signed-By", "trusted": "Trusted",
             "check-valid-until": "Check-Valid-Until"}
    for word in options.split():
        key, _, value = word.partition("=")
        if key.lower() in names:
            fields[names[key.lower()]] = value
    return fields


def _from_deb822(text):
    """Sources of the .sources form, as dictionaries of their fields"""
    text = re.sub(r"^#.*\n?", "", text, flags=re.M)
    for block in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)", block,
                                 re.M))
        enabled = fields.get("Enabled", "yes").strip().lower()
        if "deb" in fields.get("Types", "").split() and enabled != "no":
            yield fields


def _host_sources():
    """Debian's own among the host's sources, as deb822 fields"""
    folder = pathlib.Path("/etc/apt")
    plain = [folder / "sources.list",
             *sorted(folder.glob("sources.list.d/*.list"))]
    for path in filter(pathlib.Path.is_file, plain):
        for options, uri, suites, components in _from_list(path.read_text()):
            if _wanted(suites, components):
                yield _list_to_deb822(options, uri, suites, components)
    for path in sorted(folder.glob("sources.list.d/*.sources")):
        for fields in _from_deb822(path.read_text()):
            suites = _wanted(fields.get("Suites", "").split(),
                             fields.get("Components", "").split())
            if suites:
                fields["Suites"] = " ".join(suites)
                yield fields


class Apt:
    """A private apt whose state lives in the cache folder

    @arch:    Debian's name of an architecture that is not the host's
    @release: codename of a release that is not the host's

    With either there are binary packages only.
    """

    def __init__(self, arch=None, release=None):
        self.arch = arch
        self.release = release
        self.dir = cache_dir() / "-".join(filter(None, ("apt", arch, release)))
        self.updated = False

    @property
    def foreign(self):
        return bool(self.arch or self.release)

    def _options(self):
        words = ["-q", "-o", "Dir::Etc::sourcelist=/dev/null",
                 "-o", f"Dir::Etc::sourceparts={self.dir}/sources",
                 "-o", f"Dir::State::lists={self.dir}/lists",
                 "-o", f"Dir::Cache={self.dir}/cache",
                 "-o", "APT::Sandbox::User=root"]
        if self.arch:
            words += ["-o", f"APT::Architecture={self.arch}",
                      "-o", f"APT::Architectures={self.arch}"]
        if self.release:
            # The host's wishes are about its own release
            words += ["-o", "APT::Default-Release=",
                      "-o", "Dir::Etc::preferences=/dev/null",
                      "-o", "Dir::Etc::preferencesparts=/dev/null"]
        if self.foreign:
            words += ["-o", "Dir::State::status=/dev/null"]
        return words

    def _write_sources(self):
        blocks = []
        for fields in _host_sources():
            fields["Types"] = "deb" if self.foreign else "deb deb-src"
            if self.arch:
                fields.pop("Architectures", None)
            if self.release:
                fields["Suites"] = re.sub(rf"\b{host_release()}\b",
                                          self.release, fields["Suites"])
            blocks.append("".join(f"{k}: {v}\n" for k, v in fields.items()))
        if not blocks:
            raise Failure("no Debian source (component main) in "
                          "/etc/apt/sources.list or sources.list.d")
        (self.dir / "sources" / "host.sources").write_text("\n".join(blocks))

    def update(self):
        """Fetch the package lists, once in a run

        A mirror may lack one of them for an hour: then the others, or the
        older one, have to do.
        """
        if self.updated:
            return
        for name in ("sources", "lists/partial", "cache/archives/partial"):
            (self.dir / name).mkdir(parents=True, exist_ok=True)
        self._write_sources()
        try:
            run(["apt-get", *self._options(), "update"],
                "Fetching package lists", self.dir / "update.log")
        except Failure as e:
            if not any((self.dir / "lists").glob("*_Packages*")):
                raise
            say(f"Some package lists are missing or old: {e}")
        self.updated = True

    def source(self, package, folder):
        """Download a source package; returns the path of its .dsc"""
        self.update()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        run(["apt-get", *self._options(), "source", "--download-only",
             package], f"Fetching the source of {package}",
            self.dir / "source.log", cwd=folder)
        return next(folder.glob("*.dsc"))

    def depends(self, package):
        """What a package's newest version depends on, by name"""
        self.update()
        text = output(["apt-cache", *self._options(), "show",
                       "--no-all-versions", package])
        found = re.search(r"^Depends: (.*)$", text, re.M)
        return re.findall(r"(?:^|, )([^ ,]+)", found[1]) if found else []

    def closure(self, packages):
        """Packages with all that they depend on, whatever this host has"""
        self.update()
        text = output(["apt-get", *self._options(), "-s",
                       "-o", "Dir::State::status=/dev/null",
                       "--no-install-recommends", "install", *packages])
        return re.findall(r"^Inst (\S+)", text, re.M)

    def unpack(self, packages, folder):
        """Download binary packages and unpack them into a folder"""
        self.update()
        debs = self.dir / "debs"
        shutil.rmtree(debs, ignore_errors=True)
        debs.mkdir()
        run(["apt-get", *self._options(), "download", *packages],
            f"Fetching {' '.join(packages[:9])}", self.dir / "download.log",
            cwd=debs)
        folder.mkdir(parents=True, exist_ok=True)
        for deb in sorted(debs.glob("*.deb")):
            output(["dpkg-deb", "-x", deb, folder])
        shutil.rmtree(debs)


def stamped(folder, key, make):
    """Make a folder once: again only when @key is not what made it

    @make is called with a fresh folder, which takes the final name when it
    is complete, so that an interrupted run leaves nothing half done.
    """
    stamp = folder / ".vifemu-stamp"
    if stamp.is_file() and stamp.read_text() == key:
        return False
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    make(fresh)
    (fresh / ".vifemu-stamp").write_text(key)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
    say(f"Made {folder}")
    return True
