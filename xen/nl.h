/* SPDX-License-Identifier: MIT */
/*
 * nl.h - questions and changes to the kernel's interfaces, over rtnetlink
 */
#ifndef XEN_NL_H
#define XEN_NL_H

#include <glib.h>
#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

/* A socket for nl_ask() and nl_get(); NULL with @err set */
struct mnl_socket *nl_open(GError **err);
/* May be NULL */
void nl_close(struct mnl_socket *nl);

/**
 * nl_ask() - Change something and wait for the answer
 *
 * A step of its own (step.h).
 *
 * Return: 0 or an errno
 */
int nl_ask(struct mnl_socket *nl, struct nlmsghdr *nlh);

/**
 * nl_get() - Have @take called with each message that answers @nlh
 * @nlh: With NLM_F_DUMP if it wants more than one
 *
 * Return: 0 or an errno; EINTR: something changed meanwhile, and what was told
 * may be incomplete
 */
int nl_get(struct mnl_socket *nl, struct nlmsghdr *nlh, mnl_cb_t take,
           void *opaque);

/* Enough for a change that nl_link() begins */
enum { NL_CHANGE = 256 };

/* The beginning of a change to interface @index, in @buf of NL_CHANGE bytes */
struct nlmsghdr *nl_link(char *buf, int index);

/* Changes to interface @index; 0 or an errno.  @master 0: none */
int nl_set_master(struct mnl_socket *nl, int index, int master);
int nl_set_up(struct mnl_socket *nl, int index, bool up);
/* @mtu 0: as it is */
int nl_set_address(struct mnl_socket *nl, int index, const uint8_t mac[6],
                   uint32_t mtu);
/* IN6_ADDR_GEN_MODE_...: which address of IPv6 it makes itself when it comes
 * up.  No error where there is no IPv6 */
int nl_set_mode(struct mnl_socket *nl, int index, uint8_t mode);
int nl_delete_link(struct mnl_socket *nl, int index);

/* Set @err to "NAME: WHAT: why"; false */
bool nl_fail(GError **err, const char *name, const char *what, int why);

#endif
