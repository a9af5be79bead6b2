/* SPDX-License-Identifier: MIT */
/*
 * reaper.h - the end of an ioreq server whose process is gone
 */
#ifndef XEN_REAPER_H
#define XEN_REAPER_H

#include <stdbool.h>

struct reaper;

/* Reach Xen for domain @domid; NULL with errno */
struct reaper *reaper_open(unsigned domid);
/* May be NULL */
void reaper_close(struct reaper *r);

/* Whether the domain has a server of that number */
bool reaper_finds(const struct reaper *r, unsigned server);

/**
 * reaper_map() - Choose the server, and map its page
 *
 * Return: false with errno if its requests cannot be answered; reaper_run()
 * removes it all the same
 */
bool reaper_map(struct reaper *r, unsigned server);

/* From now on it, and all of the process's handles of Xen's, can do nothing to
 * another domain, which was tried; false if not so */
bool reaper_restrict(const struct reaper *r);

/**
 * reaper_run() - Remove the server, and let no virtual CPU wait for it: reads
 * give all ones, as an empty slot's do
 * @answered: Called for each that waited; @woken: it was notified.  May be NULL
 *
 * Return: false with errno if it cannot be removed
 */
bool reaper_run(struct reaper *r, void (*answered)(unsigned vcpu, bool woken));

#endif
