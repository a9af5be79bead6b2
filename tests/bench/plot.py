# SPDX-License-Identifier: MIT
"""plot.py - the bench's table as a picture, by gnuplot"""

import shutil
import subprocess

SCRIPT = """
set terminal svg size 1000,{height} dynamic font 'sans,13' background 'white'
set output '{output}'
set multiplot layout 1,2
set style fill solid 0.9 noborder
set grid xtics lc rgb '#dddddd'
set tics nomirror
set border 3
set tmargin 3
set bmargin 7
set yrange [{rows}:-1]
set ytics ({names})
set lmargin 22
set title 'packets per second of CPU time'
set key at screen 0.5,screen 0.06 center
set logscale x
set format x '10^{{%T}}'
plot $rows using ($3/2):0:(0):3:($0-0.4):($0-0.04) with boxxyerror \
lc rgb '#bbbbbb' title 'QEMU', \
$rows using ($4/2):0:(0):4:($0-0.04):($0+0.32) with boxxyerror \
lc rgb '#4477aa' title 'vifemu', \
$rows using 5:0 with points pt 7 ps 0.6 lc rgb '#cc3311' \
title 'limit of the host'
unset logscale x
unset ytics
unset key
set format x '%g'
set lmargin 4
set rmargin 6
set title 'vifemu : QEMU'
set xrange [0:*]
set arrow 1 from 1,graph 0 to 1,graph 1 nohead lc rgb '#888888'
plot $rows using ($6/2):0:(0):6:($0-0.3):($0+0.3) with boxxyerror \
lc rgb '#4477aa', \
$rows using 6:0:(sprintf(' %.1f', $6)) with labels left
"""


def missing():
    """Why there can be no picture, or None"""
    if shutil.which("gnuplot"):
        return None
    return "gnuplot is not installed (package gnuplot-nox)"


def rate(us):
    return 1e6 / us if us else "NaN"


def draw(rows, output):
    """Rows of the table that count packets, into an SVG file"""
    rows = [row for row in rows if row["unit"] == "us/packet"
            and row["ours"]["best"]]
    if not rows:
        raise RuntimeError("nothing to draw: no workload that counts packets")
    data = "".join(
        f"{i} {row['workload']} {rate(row['qemu']['best'])} "
        f"{rate(row['ours']['best'])} {rate(row['limit']['best'])} "
        f"{row['ratio'] or 'NaN'}\n" for i, row in enumerate(rows))
    names = ", ".join(f"'{row['workload']}' {i}" for i, row in enumerate(rows))
    script = SCRIPT.format(height=150 + 26 * len(rows), names=names,
                           output=str(output).replace("'", "''"),
                           rows=len(rows))
    done = subprocess.run(["gnuplot"], input=f"$rows << END\n{data}END\n"
                          + script, text=True, capture_output=True,
                          check=False)
    if done.returncode:
        raise RuntimeError("gnuplot: " + done.stderr.strip()[-400:])
