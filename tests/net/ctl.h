/* SPDX-License-Identifier: MIT */
/*
 * ctl.h - calls of vifctl in a network namespace
 *
 * Each test has one of its own, empty but for lo.  The program is the one that
 * VIFCTL names.
 */
#ifndef TESTS_NET_CTL_H
#define TESTS_NET_CTL_H

#include <glib.h>
#include <stdbool.h>

#include "netns.h"

/**
 * struct ctl_test - A test, run in a new namespace
 */
struct ctl_test {
    const char *path;
    void (*run)(void);
};

/* What main() returns: 77 where there are no namespaces */
int ctl_tests(int argc, char **argv, const struct ctl_test *tests, unsigned n);

/**
 * struct answer - What a call of vifctl said
 * @status: Exit code, or a signal's number with a minus
 */
struct answer {
    char *out, *err;
    int status;
};

/**
 * vifctl() - Call the program that VIFCTL names
 * @words: With one blank between
 * @input: What FILE has, in the directory where it is called
 *
 * Records of what is being done go to state_dir().
 */
struct answer vifctl(const char *words, const char *input);
/* The same, with @setup called in its process before it begins */
struct answer vifctl_as(void (*setup)(void *), const char *words,
                        const char *input);
/* The same with the program that VIFCTL_FAULTS names, and @fault as step.c
 * wants it */
struct answer vifctl_fault(const char *fault, const char *words,
                           const char *input);
void answer_free(struct answer *a);

/* A call that says @out, however wide its columns are, and in @err something */
void expect(const char *words, const char *input, int status, const char *out,
            const char *err);

/* A folder of this process for --state-dir */
const char *state_dir(void);

/* All interfaces, addresses, routes and filters as 'ip -j' and 'nft -j' tell
 * them, without what changes by itself; to be freed */
char *net_dump(void);
/* That net_dump() is @want */
void check_dump(const char *want);

/* A descriptor that holds a tap, which exists while it does */
int hold(const char *name);
/* That 'ip -o link show' has @want for the interface */
void check_link(const char *name, const char *want);
/* Whether there is an interface @name, and how many there are */
bool present(const char *name);
unsigned interfaces(void);

#endif
