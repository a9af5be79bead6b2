#!/bin/bash
# SPDX-License-Identifier: MIT
# vifemu -accel xen beside a stock device model: a card in slot 6 of a paused
# domain
# suite: xen-full
# limit: 400
# dm: vifemu

by_hand by-hand "vifemu.driver=e1000 \
vifemu.steps=probe,ping,download,upload,interrupts" e1000,addr=6
follow
step destroy
