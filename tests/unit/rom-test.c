// SPDX-License-Identifier: MIT
/*
 * rom-test.c - what is said of an expansion ROM that is not there
 *
 * A process has one machine, so each test makes one of its own.  The data
 * directories are the ones here, whatever this host has.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "fake-domain.h"
#include "system/accel.h"
#include "system/datadir.h"
#include "system/vm-int.h"

enum { ROM_SIZE = 2048 };

/* The file that data directories have, whatever they are asked for */
static char *image;

void datadir_add(const char *dir)
{
}

char *datadir_find(const char *name)
{
    return g_strdup(image);
}

char *datadir_help(void)
{
    return g_strdup("");
}

/* An expansion ROM that does nothing */
static void image_make(void)
{
    uint8_t bytes[ROM_SIZE] = { 0x55, 0xaa, ROM_SIZE / 512 };
    int fd = g_file_open_tmp("rom-XXXXXX", &image, NULL);

    g_assert_true(write(fd, bytes, sizeof(bytes)) == sizeof(bytes));
    close(fd);
}

/* A machine of @words, which end in NULL; as the program makes it */
static void machine_make(const struct accel *a, const char *const *words)
{
    static struct options opt;
    const char *args[16] = { "vifemu" };
    int n = 1;

    for (; *words; words++) {
        args[n++] = *words;
    }
    accel_xen_set_domain(&fake_domain_ops);
    fake_domain_init();
    g_set_prgname("vifemu");
    g_assert_true(options_parse(&opt, n, (char **)args) == OPTIONS_RUN);
    g_assert_true(a->attach(&opt));
    accel_use(a);
    g_assert_true(vm_init(&opt));
}

static void xen_make(const char *const *words)
{
    const char *args[16] = { "-accel", "xen", "-xen-domid", "7" };

    for (unsigned n = 4; *words; words++) {
        args[n++] = *words;
    }
    machine_make(&accel_xen, args);
}

/* Run @body in a process of its own, which succeeds and says @stderr_text */
static void in_process(void (*body)(void), const char *stderr_text)
{
    if (g_test_subprocess()) {
        body();
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr(stderr_text);
}

static void missing(void)
{
    xen_make((const char *const[]){ "-device", "e1000,id=nic0,addr=6",
                                    "-device", "rtl8139,id=nic1,addr=7",
                                    "-device", "ne2k_pci,id=nic2,addr=8",
                                    "-device", "ne2k_isa,id=nic3", NULL });
}

#define SAID(id, name)                                                         \
    "vifemu: " id ": the guest cannot boot from it: '" name                    \
    "', its expansion ROM, is in none of the data directories (-L help"        \
    ")\n"

static void test_missing(void)
{
    in_process(missing,
               SAID("nic0", "efi-e1000.rom") SAID("nic1", "efi-rtl8139.rom")
                   SAID("nic2", "efi-ne2k_pci.rom"));
}

static void unwanted(void)
{
    xen_make((const char *const[]){ "-device",
                                    "e1000,id=nic0,addr=6,romfile=", "-device",
                                    "e1000,id=nic1,addr=7,rombar=0", NULL });
}

static void test_unwanted(void)
{
    in_process(unwanted, "");
}

static void found(void)
{
    image_make();
    xen_make((const char *const[]){ "-device", "e1000,id=nic0,addr=6", NULL });
    g_unlink(image);
}

static void test_found(void)
{
    in_process(found, "");
}

/* A test program that boots nothing is told if it asks (-d options) */
static void qtest(void)
{
    machine_make(&accel_qtest,
                 (const char *const[]){ "-device", "e1000,id=nic0", NULL });
}

static void test_qtest(void)
{
    in_process(qtest, "");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rom/missing", test_missing);
    g_test_add_func("/rom/unwanted", test_unwanted);
    g_test_add_func("/rom/found", test_found);
    g_test_add_func("/rom/qtest", test_qtest);
    return g_test_run();
}
