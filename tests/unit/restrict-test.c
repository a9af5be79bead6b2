// SPDX-License-Identifier: MIT
/*
 * restrict-test.c - handles of Xen's that are restricted, or only said to be
 *
 * What is called of Xen's libraries is the test's own: a kernel that refuses
 * other domains, but for what a test has it let through.
 */
#include "xen/restrict.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <xentoolcore.h>

enum { OURS = 7, DOMIDS = 0x7ff0, WORKS = 0 };

enum call { DM_OP, MEMORY, EVENT, CALLS };

static const char *const names[CALLS] = { "hypercalls", "memory",
                                          "event channels" };

/**
 * struct kernel - What it does, and was asked
 * @error:   What restricting gives
 * @through: Domain of which @call is let through to Xen, -1: none
 * @answer:  What Xen says to that, or WORKS
 * @asked:   Calls (a bit each) by domain
 * @open:    Mappings and channels that were made
 */
static struct {
    int error, restricted_to, through;
    enum call call;
    int answer;
    uint8_t asked[DOMIDS];
    unsigned open;
} kernel;

int xentoolcore_restrict_all(domid_t domid)
{
    errno = kernel.error;
    if (!kernel.error) {
        kernel.restricted_to = domid;
    }
    return kernel.error ? -1 : 0;
}

/* Whether @call works; errno is set if not */
static bool allowed(unsigned domid, enum call call)
{
    bool through = kernel.through == (int)domid && kernel.call == call;

    g_assert_cmpuint(domid, <, DOMIDS);
    kernel.asked[domid] |= (uint8_t)(1 << call);
    if (kernel.restricted_to < 0 || kernel.restricted_to == (int)domid) {
        return true;
    }
    errno = through ? kernel.answer : call == EVENT ? EACCES : EPERM;
    return through && kernel.answer == WORKS;
}

int xendevicemodel_nr_vcpus(xendevicemodel_handle *dmod, domid_t domid,
                            unsigned int *vcpus)
{
    *vcpus = 1;
    return allowed(domid, DM_OP) ? 0 : -1;
}

/* What Xen refuses of a page is told in @err: then there is a mapping, too */
void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom,
                           int prot, size_t pages, const xen_pfn_t *arr,
                           int *err)
{
    static uint8_t page[4096];
    bool ok = allowed(dom, MEMORY);

    g_assert_cmpuint(pages, ==, 1);
    if (!ok && errno == EPERM) {
        return NULL;
    }
    *err = ok ? 0 : -errno;
    kernel.open++;
    return page;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr,
                           size_t pages)
{
    kernel.open--;
    return 0;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *xce,
                                                     uint32_t domid,
                                                     evtchn_port_t remote_port)
{
    if (!allowed(domid, EVENT)) {
        return -1;
    }
    kernel.open++;
    return 5;
}

int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port)
{
    g_assert_cmpuint(port, ==, 5);
    kernel.open--;
    return 0;
}

static bool try(unsigned domid, char **why)
{
    const struct xen_handles none = { 0 };
    bool ok;

    kernel.restricted_to = -1;
    memset(kernel.asked, 0, sizeof(kernel.asked));
    ok = restrict_to(domid, &none, why);
    g_assert_cmpuint(kernel.open, ==, 0);
    return ok;
}

/* Everything is tried, on domain 0 and on one that has never been ours */
static void test_holds(void)
{
    static const unsigned some[] = { 1, OURS, DOMIDS - 1 };
    enum { ALL = (1 << CALLS) - 1 };

    kernel.through = -1;
    for (unsigned i = 0; i < G_N_ELEMENTS(some); i++) {
        unsigned tried = 0;
        char *why = NULL;

        g_assert_true(try(some[i], &why));
        g_assert_null(why);
        g_assert_cmpint(kernel.restricted_to, ==, some[i]);
        g_assert_cmpuint(kernel.asked[0], ==, ALL);
        for (unsigned d = 1; d < DOMIDS; d++) {
            g_assert_true(!kernel.asked[d] || d != some[i]);
            tried += kernel.asked[d] == ALL;
        }
        g_assert_cmpuint(tried, ==, 1);
    }
}

/* One thing is let through: it is found, whatever Xen says to it */
static void test_leaks(void)
{
    static const int answers[] = { WORKS, ESRCH, EINVAL };
    static const int domains[] = { 0, OURS + 1 };

    for (unsigned i = 0; i < CALLS * 6; i++) {
        g_autofree char *why = NULL;
        g_autofree char *domain = NULL;

        kernel.call = i / 6;
        kernel.answer = answers[i % 3];
        kernel.through = domains[i / 3 % 2];
        domain = g_strdup_printf("domain %d", kernel.through);
        g_assert_false(try(OURS, &why));
        g_assert_nonnull(strstr(why, domain));
        g_assert_nonnull(strstr(why, names[kernel.call]));
        g_assert_false(try(OURS, NULL));
    }
}

static void test_refused(void)
{
    g_autofree char *why = NULL;

    kernel.error = EOPNOTSUPP;
    g_assert_false(try(OURS, &why));
    g_assert_nonnull(strstr(why, g_strerror(EOPNOTSUPP)));
    g_assert_false(try(OURS, NULL));
    g_assert_cmpuint(kernel.asked[0], ==, 0);
    kernel.error = 0;
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/restrict/holds", test_holds);
    g_test_add_func("/restrict/leaks", test_leaks);
    g_test_add_func("/restrict/refused", test_refused);
    return g_test_run();
}
