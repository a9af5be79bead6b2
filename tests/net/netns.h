/* SPDX-License-Identifier: MIT */
/*
 * netns.h - tests with real interfaces, in a network namespace of their own
 */
#ifndef TESTS_NET_NETNS_H
#define TESTS_NET_NETNS_H

#include <stdbool.h>
#include <stdint.h>

/* A namespace of our own, with the rights to make taps in it, where the command
 * @probe works (NULL: none).  If it cannot be, false and a plan without tests,
 * which says why: @lacks if it is the command */
bool netns_enter(const char *probe, const char *lacks);
/* Run a command that has to succeed */
void sh(const char *command);
/* Wait until @n ports of a bridge, of "master BRIDGE" or "dev PORT", forward:
 * once the kernel has seen that their links are up, which is not at once */
void await_ports(const char *which, unsigned n);
/* Be served before others: for what has to happen in real time */
void hurry(bool on);
/* A packet socket on interface @name for frames of one type; recv() waits at
 * most a minute */
int packet_socket(const char *name, uint16_t ethertype);
/* One whose frames have a struct virtio_net_hdr in front */
int vnet_socket(const char *name, uint16_t ethertype);

#endif
