/* SPDX-License-Identifier: MIT */
/*
 * dm-link.h - one end of a QMP connection, with the descriptors that pass
 */
#ifndef XEN_DM_LINK_H
#define XEN_DM_LINK_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

enum {
    DM_LINK_FDS = 16,        /* Descriptors that wait, as many as QEMU takes */
    DM_LINK_LINE = 4 << 20,  /* Longest line; QEMU's schema has 200 KiB */
    DM_LINK_QUEUE = 1 << 20, /* Enough to write for now */
};

/**
 * struct dm_link - A connected stream socket
 * @fd:    Non-blocking and owned; -1: closed
 * @in:    Received and not yet taken
 * @out:   To be sent; @out_fds go with its first byte
 * @fds:   Received and not yet taken, the oldest first
 * @eof:   The peer has closed, or something failed
 */
struct dm_link {
    int fd;
    GString *in, *out;
    int fds[DM_LINK_FDS], out_fds[DM_LINK_FDS];
    unsigned n_fds, n_out_fds;
    bool eof;
};

/* @fd: Owned from here on; -1: a closed link */
void dm_link_init(struct dm_link *l, int fd);
/* Close and release everything; it can be initialised again */
void dm_link_clear(struct dm_link *l);

/**
 * dm_link_read() - Receive what there is, at most about 64 KiB
 *
 * Sets @eof at the end, on an error, and when more than DM_LINK_LINE bytes wait
 */
void dm_link_read(struct dm_link *l);

/**
 * dm_link_line() - Take a line out of what was received, without its end
 *
 * Return: to be freed; NULL: no line is complete
 */
char *dm_link_line(struct dm_link *l);

/* Queue @text */
void dm_link_put(struct dm_link *l, const char *text);
/* Queue a value as a line */
void dm_link_put_node(struct dm_link *l, JsonNode *node);
/* Let the descriptors that @from received go with what is queued next; call
 * while nothing is queued */
void dm_link_pass(struct dm_link *l, struct dm_link *from);
/* Send what the peer takes now; sets @eof on an error */
void dm_link_write(struct dm_link *l);

/**
 * dm_link_greeted() - Wait for the greeting and end the negotiation
 * @watch: A descriptor that becomes readable when there is no more use in
 *         waiting (a pidfd), or -1
 * @ms:    How long
 *
 * False with @err; the link is of no more use then.
 */
bool dm_link_greeted(struct dm_link *l, int watch, int ms, GError **err);

/**
 * dm_link_call() - Run a command and wait for its answer; events are passed
 * over
 * @args: Given away; NULL: none
 * @fd:   Goes with it, or -1; stays the caller's
 *
 * Return: what "return" holds, to be freed; NULL with @err, and if @eof is set
 * the link is of no more use
 */
JsonNode *dm_link_call(struct dm_link *l, const char *command, JsonObject *args,
                       int fd, int watch, int ms, GError **err);

#endif
