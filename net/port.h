/* SPDX-License-Identifier: MIT */
/*
 * port.h - the jack of a NIC: between a card's frames and a backend's
 *
 * Outwards it turns struct nic_frame into iovecs over guest memory and lets
 * net/offload.c do what the backend cannot; inwards it pads, holds the one
 * frame that the card refused, and carries the frames of an internal loopback
 * back.  Used by our machine and, with its own backend, by the QEMU shim;
 * so this file and offload.c know neither the machine nor GLib's main loop.
 */
#ifndef NET_PORT_H
#define NET_PORT_H

#include <stdbool.h>
#include <sys/uio.h>

#include "hw/nic.h"
#include "net/offload.h"

/**
 * struct port_ops - What a port needs from its host
 * @map:   Host address of guest memory for reading; *@len is cut to what is
 *         contiguous; NULL if it is not memory.  Valid until @unmap or, when
 *         @unmap is NULL, until the end of the visit
 * @unmap: May be NULL
 * @send:  Give a frame to the backend; false: not now, nothing was sent.  @off
 *         is NULL for a plain frame
 * @push:  The last of a row of frames was sent: the backend may have kept
 *         some to send them together.  May be NULL
 * @flush: The card can take frames again: offer the held one
 * @defer: Call port_run() soon, not from here
 */
struct port_ops {
    const void *(*map)(void *host, gpa_t at, size_t *len);
    void (*unmap)(void *host, const void *p, size_t len);
    bool (*send)(void *host, const struct iovec *iov, unsigned n,
                 const struct offload_hdr *off);
    void (*push)(void *host);
    void (*flush)(void *host);
    void (*defer)(void *host);
};

struct port;

/* @caps: OFFLOAD_* that ops->send() takes.  Never fails (GLib allocation) */
struct port *port_new(struct nic *n, const struct port_ops *ops, void *host,
                      unsigned caps);
void port_free(struct port *p);
/* After a reset or an unplug of the backend: forget what is queued */
void port_reset(struct port *p);

/* nic_host.send, .sum and .fcs in terms of a port */
bool port_send(struct port *p, struct nic_frame *f);
uint16_t port_sum(const struct nic_rx *rx, size_t from, size_t len);
uint32_t port_fcs(const struct nic_rx *rx, size_t len);

/* A frame from the backend, padded here.  False: hold it, see ops->flush */
bool port_receive(struct port *p, const struct nic_rx *rx);
/* The backend takes frames again */
void port_writable(struct port *p);
/* nic_host.rx_ready */
void port_rx_ready(struct port *p);

/**
 * port_run() - Deferred work of card and port: the card's visit, looped frames
 *
 * Return: whether more is left (and could be done now)
 */
bool port_run(struct port *p);

/* Before the card is saved: it gets back the work of visits that we ended,
 * because what a port holds is not part of a state */
void port_settle(struct port *p);

/* Counters for "x-vifemu-counters": frames queued, dropped, segmented */
struct port_stats {
    uint64_t sent, queued, dropped, segments, looped, refused;
};
void port_stats(const struct port *p, struct port_stats *s);

#endif
