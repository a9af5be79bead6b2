# SPDX-License-Identifier: MIT
"""What scenarios said, and the forms it is printed in"""

import dataclasses
import json
import re
import xml.etree.ElementTree as ET

from common import Failure

# Verdicts of a step
OK, FAILED, SKIPPED = "ok", "FAILED", "skipped"
WORDS = {"ok": OK, "fail": FAILED, "none": SKIPPED, "skip": SKIPPED}


@dataclasses.dataclass
class Step:
    """One line of a scenario; the schema of --json"""
    name: str
    verdict: str
    seconds: float
    detail: str


@dataclasses.dataclass
class Scenario:
    """A scenario on one device model, and what became of it

    @xen:    the version
    @values: what it measured, as name, number, unit
    """
    name: str
    dm: str
    proves: str
    xen: str
    steps: list = dataclasses.field(default_factory=list)
    values: list = dataclasses.field(default_factory=list)
    seconds: float = 0.0

    @property
    def title(self):
        return f"{self.name} on {self.dm}"

    def add(self, verb, rest):
        """A line "@verb rest"; returns the Step that it ends, if any"""
        if verb == "value":
            name, number, unit = (rest.split(" ", 2) + ["", ""])[:3]
            self.values.append((name, number, unit))
            return None
        if verb not in WORDS:
            return None
        name, seconds, detail = (rest.split(" ", 2) + ["", ""])[:3]
        try:
            took = float(seconds)
        except ValueError:
            took, detail = 0.0, rest
        step = Step(name, WORDS[verb], took, detail)
        self.steps.append(step)
        return step

    def fail(self, name, detail):
        self.steps.append(Step(name, FAILED, 0.0, detail))

    @property
    def ok(self):
        return all(s.verdict != FAILED for s in self.steps)


def parse(line):
    """(verb, rest) of a line for the host, else None"""
    found = re.match(r"@([a-z]+)(?: (.*))?$", line or "")
    return (found[1], found[2] or "") if found else None


def table(scenarios):
    lines = []
    for scenario in scenarios:
        lines += ["", f"{scenario.title}: {scenario.proves}"]
        for s in scenario.steps:
            lines.append(f"  {s.name:<16}{s.verdict:<8}{s.seconds:>8.2f}  "
                         f"{s.detail}".rstrip())
        for name, number, unit in scenario.values:
            lines.append(f"  {name:<24}{number:>8}  {unit}")
    return "\n".join(lines)


def _column(scenario):
    """What can be compared of a scenario: name to text"""
    found = {s.name: f"{s.verdict} {s.seconds:.2f} s" for s in scenario.steps}
    found.update({name: f"{number} {unit.partition(' ')[0]}"
                  for name, number, unit in scenario.values})
    return found


def comparison(scenarios):
    """Scenarios that ran on several device models, side by side"""
    lines = []
    for name in dict.fromkeys(s.name for s in scenarios):
        same = [s for s in scenarios if s.name == name]
        if len(same) < 2:
            continue
        columns = [_column(s) for s in same]
        rows = dict.fromkeys(row for column in columns for row in column)
        lines += ["", f"{name:<32}" + "".join(f"{s.dm:>22}" for s in same)]
        for row in rows:
            lines.append(f"  {row:<30}" + "".join(
                f"{column.get(row, '-'):>22}" for column in columns))
    return "\n".join(lines)


def totals(scenarios):
    verdicts = [s.verdict for scenario in scenarios for s in scenario.steps]
    return (f"{verdicts.count(OK)} passed, {verdicts.count(FAILED)} failed, "
            f"{verdicts.count(SKIPPED)} skipped")


def tap(scenarios):
    """Test anything protocol: a test per step"""
    lines, number = [], 0
    for scenario in scenarios:
        for s in scenario.steps:
            number += 1
            bad = "not " if s.verdict == FAILED else ""
            skip = " # SKIP" if s.verdict == SKIPPED else ""
            detail = s.detail.replace("#", "")
            if bad:
                lines.append(f"# {scenario.title}: {detail}")
            lines.append(f"{bad}ok {number} - {scenario.title}: {s.name}"
                         f"{skip}")
    return "\n".join([*lines, f"1..{number}"])


def _write(path, option, text):
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as e:
        raise Failure(f"{option} {path}: {e.strerror}") from None


def write_json(path, scenarios):
    value = [{**dataclasses.asdict(s), "ok": s.ok} for s in scenarios]
    _write(path, "--json", json.dumps(value, indent=2) + "\n")


def write_junit(path, scenarios):
    """A test suite per scenario and a test case per step, as CI systems
    read it
    """
    root = ET.Element("testsuites")
    for scenario in scenarios:
        counts = [s.verdict for s in scenario.steps]
        suite = ET.SubElement(
            root, "testsuite", name=scenario.title, tests=str(len(counts)),
            failures=str(counts.count(FAILED)),
            skipped=str(counts.count(SKIPPED)),
            time=f"{scenario.seconds:.2f}")
        properties = ET.SubElement(suite, "properties")
        ET.SubElement(properties, "property", name="xen", value=scenario.xen)
        for s in scenario.steps:
            case = ET.SubElement(suite, "testcase", name=s.name,
                                 classname=scenario.title,
                                 time=f"{s.seconds:.2f}")
            if s.verdict == FAILED:
                ET.SubElement(case, "failure", message=s.detail)
            elif s.verdict == SKIPPED:
                ET.SubElement(case, "skipped", message=s.detail)
    ET.indent(root)
    _write(path, "--junit", ET.tostring(root, encoding="unicode") + "\n")
