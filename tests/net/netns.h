/* SPDX-License-Identifier: MIT */
/*
 * netns.h - tests with real interfaces, in a network namespace of their own
 */
#ifndef TESTS_NET_NETNS_H
#define TESTS_NET_NETNS_H

#include <stdint.h>

/* A namespace of our own, with the rights to make taps in it; or why not */
const char *netns_enter(void);
/* Run a command that has to succeed */
void sh(const char *command);
/* Wait until @n ports of a bridge, of "master BRIDGE" or "dev PORT", forward:
 * once the kernel has seen that their links are up, which is not at once */
void await_ports(const char *which, unsigned n);
/* A packet socket on interface @name for frames of one type; recv() waits at
 * most a minute */
int packet_socket(const char *name, uint16_t ethertype);
/* One whose frames have a struct virtio_net_hdr in front */
int vnet_socket(const char *name, uint16_t ethertype);

#endif
