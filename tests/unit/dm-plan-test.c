// SPDX-License-Identifier: MIT
/*
 * dm-plan-test.c - what vifemu-dm makes of libxl's command lines
 *
 * The words are those of libxl 4.17 and, in rows that say so, 4.20, as a device
 * model got them, and for the second half those that other versions add.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "xen/dm-plan.h"

/* What surrounds the cards */
#define MONITORS(d)                                                            \
    "-xen-domid " d " -no-shutdown "                                           \
    "-chardev socket,id=libxl-cmd,path=/var/run/xen/qmp-libxl-" d              \
    ",server=on,wait=off -mon chardev=libxl-cmd,mode=control "                 \
    "-chardev socket,id=libxenstat-cmd,path=/var/run/xen/qmp-libxenstat-" d    \
    ",server=on,wait=off -mon chardev=libxenstat-cmd,mode=control "
#define BEGIN(d, name)                                                         \
    MONITORS(d)                                                                \
    "-nodefaults -no-user-config -name " name                                  \
    " -vnc none -display none -serial pty "                                    \
    "-device cirrus-vga,vgamem_mb=8 -boot order=cda "
#define END "-machine xenfv,suppress-vmdesc=on -m 40"
#define DEVICE(n, model)                                                       \
    "-device " model ",id=nic" n ",netdev=net" n ",mac=00:16:3e:00:00:01 "
#define TAP(d, n)                                                              \
    "-netdev type=tap,id=net" n ",ifname=vif" d "." n                          \
    "-emu,br=xenbr0,script=no,downscript=no "
#define CARD(d, n, model) DEVICE(n, model) TAP(d, n)

/**
 * struct row - A command line and what is understood of it
 * @says: See summary(); beginning with "!": the error
 */
struct row {
    const char *name, *words, *says;
};

static const struct row rows[] = {
    { "e1000", BEGIN("1", "a") CARD("1", "0", "e1000") END,
      "1 a; nic0 e1000 vif1.0-emu both" },
    { "restore", BEGIN("2", "a") CARD("2", "0", "e1000") "-incoming fd:15 " END,
      "2 a incoming=15; nic0 e1000 vif2.0-emu both" },
    { "pv", BEGIN("3", "b") "-net none " END,
      "3 b; the guest has no emulated card" },
    { "two",
      BEGIN("4", "c") CARD("4", "0", "e1000") CARD("4", "1", "ne2k_pci") END,
      "4 c; nic0 e1000 vif4.0-emu both; nic1 ne2k_pci vif4.1-emu both" },
    { "default", BEGIN("5", "d") CARD("5", "0", "rtl8139") END,
      "5 d; nic0 rtl8139 vif5.0-emu both" },
    { "netboot",
      MONITORS("7") "-nodefaults -no-user-config -name f -vnc none -display "
                    "none -boot order=n " CARD("7", "0", "rtl8139") END,
      "7 f; nic0 rtl8139 vif7.0-emu both" },
    { "none", BEGIN("8", "g") "-net none " END,
      "8 g; the guest has no emulated card" },
    { "unknown-model", BEGIN("9", "h") CARD("9", "0", "bogus") END,
      "9 h; nic0 bogus: vifemu has no model 'bogus'; no card is ours" },
    { "kernel",
      BEGIN("1", "k") "-kernel /guest.vmlinuz -initrd /guest.cpio.gz -append "
                      "console=ttyS0 " CARD("1", "0", "e1000") END,
      "1 k; nic0 e1000 vif1.0-emu both" },
    { "vnc",
      MONITORS("1") "-name v -vnc 127.0.0.1:0,to=99 -display none " CARD(
          "1", "0", "e1000") END,
      "1 v; nic0 e1000 vif1.0-emu both" },

    { "4.20-restricted",
      "-xen-domid 4 -no-shutdown -chardev socket,id=libxl-cmd,fd=16,server=on,"
      "wait=off -S -mon chardev=libxl-cmd,mode=control -chardev "
      "socket,id=libxenstat-cmd,path=/var/run/xen/qmp-libxenstat-4,server=on,"
      "wait=off -mon chardev=libxenstat-cmd,mode=control -nodefaults "
      "-no-user-config -name zr -vnc none -display none -kernel /image/stub "
      "-append console=hvc0 -boot order=cda " CARD(
          "4", "0", "e1000") "-xen-domid-restrict -run-with "
                             "chroot=/var/run/xen/qemu-root-4 "
                             "-machine xenfv,suppress-vmdesc=on -device "
                             "loader,file=/image/"
                             "vmlinuz,addr=0x02000000,force-raw=on -m 192 "
                             "-run-with user=xen-qemuuser-shared",
      "4 zr qmp=16 stopped user=xen-qemuuser-shared; "
      "nic0 e1000 vif4.0-emu both" },

    { "mixed",
      BEGIN("1", "m") CARD("1", "0", "vmxnet3") CARD("1", "1", "e1000-82545em")
          END,
      "1 m; nic0 vmxnet3: vifemu has no model 'vmxnet3'; "
      "nic1 e1000-82545em vif1.1-emu both" },
    { "isa",
      BEGIN("1", "i") "-device ne2k_isa,id=nic0,netdev=net0,iobase=0x300 " TAP(
          "1", "0") END,
      "1 i; nic0 ne2k_isa vif1.0-emu both isa" },
    { "addr", BEGIN("1", "a") DEVICE("0", "e1000,addr=7") TAP("1", "0") END,
      "1 a; nic0 e1000 vif1.0-emu both addr=7" },
    { "newer-libxl",
      "-xen-domid 6 -no-shutdown -chardev socket,id=libxl-cmd,fd=19,server=on,"
      "wait=off -S -mon chardev=libxl-cmd,mode=control -name n " CARD("6", "0",
                                                                      "e1000")
          END,
      "6 n qmp=19 stopped; nic0 e1000 vif6.0-emu both" },
    { "probe",
      "-S -no-user-config -nodefaults -nographic -machine none,accel=xen "
      "-chardev socket,id=libxl-cmd,fd=19,server=on,wait=off -mon "
      "chardev=libxl-cmd,mode=control",
      "qmp=19 stopped; there is no -xen-domid: this is not a guest" },
    { "restricted",
      BEGIN("1", "r") CARD(
          "1", "0",
          "e1000") "-xen-domid-restrict -sandbox "
                   "on,obsolete=deny,elevateprivileges=allow,spawn=deny "
                   "-chroot /var/run/xen/qemu-root-1 -runas 131073:131072 " END,
      "1 r user=131073:131072; "
      "nic0 e1000 vif1.0-emu both" },
    { "run-with",
      BEGIN("1", "r")
          CARD("1", "0", "e1000") "-run-with user=1:2,chroot=/x " END,
      "1 r user=1:2; nic0 e1000 vif1.0-emu both" },
    { "tap-given",
      BEGIN("1", "t") DEVICE("0", "e1000") "-netdev tap,id=net0,fd=21 " END,
      "1 t; nic0 e1000 fd=21 both" },

    { "emulated",
      BEGIN("1", "p") CARD("1", "0", "e1000") END " -vifemu nic0=emulated",
      "1 p; nic0 e1000 vif1.0-emu emulated" },
    { "left",
      BEGIN("1", "p") CARD("1", "0", "e1000") CARD("1", "1", "rtl8139") END
      " -vifemu nic1=qemu",
      "1 p; nic0 e1000 vif1.0-emu both; nic1 rtl8139: the configuration says "
      "so" },
    { "all-left",
      BEGIN("1", "p") CARD("1", "0", "e1000") END " -vifemu nics=qemu",
      "1 p; nic0 e1000: the configuration says so; no card is ours" },
    { "pv-card", BEGIN("1", "p") CARD("1", "0", "e1000") END " -vifemu nic0=pv",
      "!-vifemu: nic0 cannot be 'pv' here: *" },
    { "wrong-type",
      BEGIN("1", "p") CARD("1", "0", "e1000") END " -vifemu nic0=both,nic1=x",
      "!-vifemu: nic1 cannot be 'x': it is both, emulated or qemu" },
    { "wrong-card",
      BEGIN("1", "p") CARD("1", "0", "e1000") END " -vifemu nic1=both",
      "!-vifemu: there is no card 'nic1'*" },
    { "wrong-key", BEGIN("1", "p") END " -vifemu nicx=both",
      "!-vifemu: 'nicx' is none of *" },
    { "wrong-path", BEGIN("1", "p") END " -vifemu qemu=bin/qemu",
      "!-vifemu: qemu cannot be 'bin/qemu': it is an absolute path" },
    { "no-value", BEGIN("1", "p") END " -vifemu", "1 p; the guest has no *" },

    { "no-monitor", "-xen-domid 1 -name a " CARD("1", "0", "e1000") END,
      "1 a; nic0 e1000: there is no chardev 'libxl-cmd' that listens; *" },
    { "no-tap",
      BEGIN("1", "a") DEVICE("0", "e1000") "-netdev user,id=net0 " END,
      "1 a; nic0 e1000: its netdev 'net0' is no tap; no card is ours" },
    { "no-netdev", BEGIN("1", "a") DEVICE("0", "e1000") END,
      "1 a; nic0 e1000: its netdev 'net0' is no tap; no card is ours" },
    { "script",
      BEGIN("1", "a") DEVICE(
          "0", "e1000") "-netdev "
                        "type=tap,id=net0,ifname=t,script=/etc/qemu-ifup " END,
      "1 a; nic0 e1000: its tap has a script of its own; no card is ours" },
    { "incoming-tcp",
      BEGIN("1", "a") CARD("1", "0", "e1000") "-incoming tcp:0:4444 " END,
      "1 a; nic0 e1000: -incoming tcp:0:4444 is not a descriptor*" },
    { "long-name", BEGIN("32751", "a") CARD("32751", "100", "e1000") END,
      "!nic100: 'vif32751.100-emu' *" },
    { "domid", BEGIN("32752", "a") END,
      "!-xen-domid: '32752' is not a domain id, which is 0 to 32751" },
    /* Values that look like options are values */
    { "names",
      MONITORS("1") "-name -device -serial -netdev " CARD("1", "0", "e1000")
          END,
      "1 -device; nic0 e1000 vif1.0-emu both" },
    { "cut-short", "-xen-domid 1 -name", "1; the guest has no emulated card" },
    { "empty", "", "there is no -xen-domid: this is not a guest" },
};

static void append_nic(GString *s, const struct dm_nic *n)
{
    g_string_append_printf(s, "; %s %s", n->id, n->model);
    if (!n->ours) {
        g_string_append_printf(s, ": %s", n->why);
        return;
    }
    if (n->ifname) {
        g_string_append_printf(s, " %s", n->ifname);
    } else {
        g_string_append_printf(s, " fd=%d", n->tap_fd);
    }
    g_string_append_printf(s, " %s", dm_policy_word(n->policy));
    if (n->isa) {
        g_string_append(s, " isa");
    }
    if (n->addr) {
        g_string_append_printf(s, " addr=%s", n->addr);
    }
}

/* Domain id, name, what else was said; each card; why nothing is ours */
static char *summary(const struct dm_plan *p)
{
    GString *s = g_string_new(NULL);

    if (p->has_domid) {
        g_string_append_printf(s, " %u", p->domid);
    }
    g_string_append_printf(s, "%s%s", p->name ? " " : "",
                           p->name ? p->name : "");
    if (p->qmp_fd >= 0) {
        g_string_append_printf(s, " qmp=%d", p->qmp_fd);
    }
    if (p->incoming >= 0) {
        g_string_append_printf(s, " incoming=%d", p->incoming);
    }
    g_string_append(s, p->stopped ? " stopped" : "");
    if (p->user) {
        g_string_append_printf(s, " user=%s", p->user);
    }
    for (guint i = 0; i < p->nics->len; i++) {
        append_nic(s, p->nics->pdata[i]);
    }
    if (p->why) {
        g_string_append_printf(s, "; %s", p->why);
    }
    g_string_erase(s, 0, *s->str == ';' ? 2 : 1);
    return g_string_free(s, FALSE);
}

static struct dm_plan *plan_of(const char *words, struct dm_settings *s,
                               GError **err)
{
    char *all = g_strconcat("/usr/libexec/vifemu/vifemu-dm ", words, NULL);
    char **argv = g_strsplit(g_strchomp(all), " ", -1);
    struct dm_plan *p = dm_plan_new(argv, s, err);

    g_strfreev(argv);
    g_free(all);
    return p;
}

static void check_row(const void *opaque)
{
    const struct row *r = opaque;
    struct dm_settings *s = dm_settings_new("/bin/vifemu");
    GError *err = NULL;
    struct dm_plan *p = plan_of(r->words, s, &err);
    char *said = p ? summary(p) : g_strconcat("!", err->message, NULL);

    if (!g_pattern_match_simple(r->says, said)) {
        g_error("'%s' is not '%s'", said, r->says);
    }
    dm_plan_free(p);
    dm_settings_free(s);
    g_clear_error(&err);
    g_free(said);
}

/* The words of one side that the other does not have, "-" those of @a */
static char *changes(char *const *a, char *const *b)
{
    GString *s = g_string_new(NULL);

    for (; *a || *b; a += *a != NULL, b += *b != NULL) {
        if (g_strcmp0(*a, *b)) {
            g_string_append_printf(s, "%s > %s\n", *a, *b);
        }
    }
    return g_string_free(s, FALSE);
}

static const struct dm_fds fds = { .monitor = 10,
                                   .qmp = 11,
                                   .state = -1,
                                   .canary = { 12, 13 },
                                   .tap = { 14, 15 } };

/* QEMU gets libxl's words but for monitor and tap, and waits */
static void test_qemu(void)
{
    static const char words[] =
        BEGIN("1", "a") CARD("1", "0", "bogus") CARD("1", "1", "e1000") END;
    struct dm_settings *s = dm_settings_new("/bin/vifemu");
    struct dm_plan *p = plan_of(words, s, NULL);
    char **before = g_strsplit("/q -S " BEGIN("1", "a") CARD("1", "0", "bogus")
                                   CARD("1", "1", "e1000") END,
                               " ", -1);
    char **after = dm_plan_qemu(p, "/q", &fds);
    char *diff = changes(before, after);

    g_assert_cmpstr(
        diff, ==,
        "socket,id=libxl-cmd,path=/var/run/xen/qmp-libxl-1,server=on,wait=off "
        "> socket,id=libxl-cmd,fd=10,server=on,wait=off\n"
        "type=tap,id=net1,ifname=vif1.1-emu,br=xenbr0,script=no,downscript=no "
        "> socket,id=net1,fd=13\n");
    g_free(diff);
    g_strfreev(after);
    /* Left to it, it gets all of them */
    dm_plan_leave(p, "of the weather");
    after = dm_plan_qemu(p, "/q", &fds);
    diff = changes(before + 2, after + 1);
    g_assert_cmpstr(diff, ==, "");
    g_free(diff);
    g_strfreev(after);
    g_strfreev(before);
    dm_plan_free(p);
    dm_settings_free(s);
}

/* Of the 8139 family QEMU has one, which stands for the others */
static void test_stand_in(void)
{
    static const char words[] = BEGIN("1", "a") CARD("1", "0", "rtl8139-8139c")
        CARD("1", "1", "e1000-82545em") "-vifemu nics=emulated";
    struct dm_settings *s = dm_settings_new("/bin/vifemu");
    struct dm_plan *p = plan_of(words, s, NULL);
    char **qemu = dm_plan_qemu(p, "/q", &fds);
    char **vifemu = dm_plan_vifemu(p, "/bin/vifemu", NULL, &fds);

    g_assert_true(
        g_strv_contains((const char *const *)qemu,
                        "rtl8139,id=nic0,netdev=net0,mac=00:16:3e:00:00:01"));
    g_assert_true(g_strv_contains(
        (const char *const *)qemu,
        "e1000-82545em,id=nic1,netdev=net1,mac=00:16:3e:00:00:01"));
    g_assert_true(g_strv_contains((const char *const *)vifemu,
                                  "rtl8139-8139c,id=nic0,netdev=net0,"
                                  "mac=00:16:3e:00:00:01,addr=<slot>"));
    g_strfreev(vifemu);
    g_strfreev(qemu);
    dm_plan_free(p);
    dm_settings_free(s);
}

/* A QEMU that libxl 4.20 only asks something gets the connection, and the rest
 * as it is */
static void test_probe(void)
{
    static const char words[] =
        "-S -no-user-config -nodefaults -nographic -machine none,accel=xen "
        "-chardev socket,id=libxl-cmd,fd=18,server=on,wait=off "
        "-mon chardev=libxl-cmd,mode=control";
    struct dm_settings *s = dm_settings_new("/bin/vifemu");
    struct dm_plan *p = plan_of(words, s, NULL);
    char *all = g_strconcat("/q ", words, NULL);
    char **before = g_strsplit(all, " ", -1);
    char **after = dm_plan_qemu(p, "/q", &fds);
    char *diff = changes(before, after);

    g_assert_true(p->probe);
    g_assert_cmpint(p->qmp_fd, ==, 18);
    g_assert_cmpstr(diff, ==,
                    "socket,id=libxl-cmd,fd=18,server=on,wait=off > "
                    "socket,id=libxl-cmd,fd=10\n");
    g_free(diff);
    g_free(all);
    g_strfreev(after);
    g_strfreev(before);
    dm_plan_free(p);
    dm_settings_free(s);
}

/* vifemu gets its cards where QEMU has them, with their properties */
static void test_vifemu(void)
{
    struct dm_settings *s = dm_settings_new("/bin/vifemu");
    struct dm_plan *p =
        plan_of(BEGIN("3", "x,,y") DEVICE("0", "e1000,bus=pci.0,romfile=a,,b")
                    TAP("3", "0") CARD("3", "1", "rtl8139") END
                " -vifemu nic1=emulated -sandbox on,spawn=deny",
                s, NULL);
    struct dm_nic *first = p->nics->pdata[0], *second = p->nics->pdata[1];
    char **argv, *text;

    first->addr = g_strdup("03.0");
    second->addr = g_strdup("04.0");
    argv = dm_plan_vifemu(p, "/bin/vifemu", "1:2", &fds);
    text = g_strjoinv(" ", argv);
    g_assert_cmpstr(
        text, ==,
        "/bin/vifemu -accel xen -xen-domid 3 -name guest=x,,y "
        "-chardev socket,id=vifemu-dm,fd=11 "
        "-mon chardev=vifemu-dm,mode=control "
        "-netdev tap,id=net0,fd=14 -device e1000,id=nic0,netdev=net0,"
        "mac=00:16:3e:00:00:01,addr=03.0,romfile=a,,b -x-xen-canary nic0=12 "
        "-netdev tap,id=net1,fd=15 -device rtl8139,id=nic1,netdev=net1,"
        "mac=00:16:3e:00:00:01,addr=04.0 "
        "-run-with exit-with-parent=on,isolate=on,user=1:2 "
        "-xen-domid-restrict -sandbox on,open=deny");
    g_free(text);
    g_strfreev(argv);
    dm_plan_free(p);
    dm_settings_free(s);
}

/* A card of ours has the properties that QEMU's has by -global */
static void test_global(void)
{
    struct dm_settings *s = dm_settings_new("/bin/vifemu");
    struct dm_plan *p = plan_of(
        BEGIN("3",
              "a") "-device ne2k_isa,id=nic0,netdev=net0,iobase=0x320 " TAP("3",
                                                                            "0")
            CARD("3", "1", "e1000") END
        " -global ne2k_isa.irq=5 -global ne2k_isa.iobase=0x340 "
        "-global driver=ne2k_isa,property=irq,value=10 "
        "-global e1000.mac=52:54:00:00:00:01 -global e1000.addr=7 "
        "-global e1000.romfile=a,b.c=d -global rtl8139.rombar=0 "
        "-global nonsense",
        s, NULL);
    char **argv = dm_plan_vifemu(p, "/bin/vifemu", NULL, &fds);
    char *text = g_strjoinv(" ", argv);

    g_assert_nonnull(strstr(text, "-device ne2k_isa,id=nic0,netdev=net0,"
                                  "iobase=0x320,irq=10 "));
    g_assert_nonnull(strstr(text, "-device e1000,id=nic1,netdev=net1,"
                                  "mac=00:16:3e:00:00:01,addr=<slot>,"
                                  "romfile=a,,b.c=d "));
    g_free(text);
    g_strfreev(argv);
    dm_plan_free(p);
    dm_settings_free(s);
}

/**
 * struct global_row - What -global and its like say of nic0 of a model
 * @ours: The end of vifemu's -device, or NULL: the card is QEMU's
 * @qemu: What QEMU gets of @words; or why the card is QEMU's, which gets all
 */
struct global_row {
    const char *name, *model, *words, *ours, *qemu;
};

static const struct global_row globals[] = {
    { "both-have", "e1000", "-global e1000.romsize=65536", ",romsize=65536",
      "-global e1000.romsize=65536" },
    { "parent", "rtl8139", "-global pci-device.rombar=0", ",rombar=0",
      "-global pci-device.rombar=0" },
    { "last-counts", "e1000",
      "-global e1000.rombar=1 -global pci-device.rombar=0", ",rombar=0",
      "-global e1000.rombar=1 -global pci-device.rombar=0" },
    { "isa-has-no-rom", "ne2k_isa", "-global pci-device.rombar=0", "",
      "-global pci-device.rombar=0" },
    { "other", "e1000", "-global rtl8139.bogus=1", "",
      "-global rtl8139.bogus=1" },
    { "no-type", "e1000", "-global e1000-82540em.bogus=1", "",
      "-global e1000-82540em.bogus=1" },
    { "place", "e1000", "-global e1000.addr=7 -global e1000.netdev=x", "",
      "-global e1000.addr=7 -global e1000.netdev=x" },

    { "chips", "e1000", "-global e1000.mitigation=off", ",mitigation=off", "" },
    { "chips-parent", "e1000-82545em", "-global e1000-base.mitigation=off",
      ",mitigation=off", "" },
    { "ours-only", "e1000",
      "-global driver=e1000,property=strict,value=on -global e1000.addr=7",
      ",strict=on", "-global e1000.addr=7" },
    { "chip", "rtl8139", "-global rtl8139.chip=8139c", ",chip=8139c", "" },

    { "unknown", "e1000", "-global e1000.bogus=1", NULL,
      "vifemu: property 'e1000.bogus' not found*" },
    { "unknown-parent", "e1000", "-global pci-device.bogus=1", NULL,
      "vifemu: property 'e1000.bogus' not found*" },
    { "type", "e1000", "-global e1000.mitigation=1", NULL,
      "vifemu: property 'mitigation' cannot be '1'*" },
    { "range", "rtl8139", "-global rtl8139.collisions=1000000", NULL,
      "vifemu: property 'collisions' cannot be '1000000'*" },
    { "rombar", "ne2k_pci", "-global ne2k_pci.rombar=2", NULL,
      "vifemu: property 'rombar' cannot be '2'*" },
    { "romsize", "e1000", "-global e1000.romsize=3", NULL,
      "vifemu: property 'romsize' cannot be 3*" },
    { "irq", "ne2k_isa", "-global ne2k_isa.irq=2", NULL,
      "vifemu: property 'irq' cannot be 2: it takes one of 3*" },
    { "iobase", "ne2k_isa", "-global ne2k_isa.iobase=0x301", NULL,
      "vifemu: property 'iobase' cannot be 0x301*" },
    { "no-chip", "rtl8139", "-global rtl8139.chip=8139x", NULL,
      "vifemu: property 'chip' of rtl8139 cannot be '8139x'*" },
    { "no-family", "ne2k_pci", "-global ne2k_pci.chip=x", NULL,
      "vifemu: property 'ne2k_pci.chip' not found*" },

    { "set-device", "e1000", "-set device.nic0.mitigation=off", NULL,
      "-set device.nic0.mitigation=off changes QEMU's card only" },
    { "set-netdev", "e1000", "-set netdev.net0.sndbuf=1", NULL,
      "-set netdev.net0.sndbuf=1 changes QEMU's card only" },
    { "set-other", "e1000",
      "-set device.nic1.x=y -set device -set drive.nic0.a=b", "",
      "-set device.nic1.x=y -set device -set drive.nic0.a=b" },
};

/* What follows the card's id and address of the word that is its -device */
static char *device_end(char **argv)
{
    for (; *argv; argv++) {
        if (!strcmp(*argv, "-device")) {
            const char *end = strstr(argv[1], "mac=00:16:3e:00:00:01");

            g_assert_nonnull(end);
            end += strlen("mac=00:16:3e:00:00:01");
            end += g_str_has_prefix(end, ",addr=<slot>")
                       ? strlen(",addr=<slot>")
                       : 0;
            return g_strdup(end);
        }
    }
    return NULL;
}

/* A card of ours has the properties of QEMU's, or stays QEMU's */
static void check_global(const void *opaque)
{
    const struct global_row *r = opaque;
    struct dm_settings *s = dm_settings_new("/bin/vifemu");
    char *begin =
        g_strdup_printf(BEGIN("1",
                              "g") "-device %s,id=nic0,netdev=net0,bus=pci.0,"
                                   "mac=00:16:3e:00:00:01 " TAP("1", "0"),
                        r->model);
    char *words = g_strconcat(begin, r->words, NULL);
    struct dm_plan *p = plan_of(words, s, NULL);
    const struct dm_nic *n = p->nics->pdata[0];
    char **argv = dm_plan_qemu(p, "/q", &fds), *tail, *end = NULL;

    tail = g_strjoinv(" ", argv);
    g_strfreev(argv);
    g_assert_cmpint(n->ours, ==, r->ours != NULL);
    if (r->ours) {
        argv = dm_plan_vifemu(p, "/bin/vifemu", NULL, NULL);
        end = device_end(argv);
        g_assert_cmpstr(end, ==, r->ours);
        g_strfreev(argv);
        g_assert_true(g_str_has_suffix(tail, r->qemu));
        g_assert_true(*r->qemu || !strstr(tail, "-global"));
    } else {
        if (!g_pattern_match_simple(r->qemu, n->why)) {
            g_error("'%s' is not '%s'", n->why, r->qemu);
        }
        g_assert_cmpstr(tail + strlen("/q "), ==, words);
    }
    g_free(end);
    g_free(tail);
    dm_plan_free(p);
    dm_settings_free(s);
    g_free(words);
    g_free(begin);
}

/* What a card of QEMU's own needs QEMU gets, though one of ours has it, too;
 * and so it does if all cards are its own in the end */
static void test_global_shared(void)
{
    static const char last[] = "e1000.mitigation=off";
    struct dm_settings *s = dm_settings_new("/bin/vifemu");
    struct dm_plan *p = plan_of(
        BEGIN("1", "g") CARD("1", "0", "e1000")
            CARD("1", "1",
                 "e1000") "-vifemu nic1=qemu -global e1000.mitigation=off",
        s, NULL);
    char **argv = dm_plan_qemu(p, "/q", &fds);

    g_assert_cmpint(p->ours, ==, 1);
    g_assert_true(g_strv_contains((const char *const *)argv, last));
    g_strfreev(argv);
    dm_plan_free(p);
    dm_settings_free(s);

    s = dm_settings_new("/bin/vifemu");
    p = plan_of(BEGIN("1", "g")
                    CARD("1", "0", "e1000") "-global e1000.mitigation=off",
                s, NULL);
    argv = dm_plan_qemu(p, "/q", &fds);
    g_assert_false(g_strv_contains((const char *const *)argv, last));
    g_strfreev(argv);
    dm_plan_leave(p, "of the weather");
    argv = dm_plan_qemu(p, "/q", &fds);
    g_assert_true(g_strv_contains((const char *const *)argv, last));
    g_strfreev(argv);
    dm_plan_free(p);
    dm_settings_free(s);
}

/**
 * struct file_row - A configuration file
 * @says: The error, or NULL
 */
struct file_row {
    const char *text, *says;
};

static const struct file_row files[] = {
    { "[vifemu-dm]\nqemu=/a\nvifemu=/b\nuser=1:2\nlog-dir=/c\n"
      "nics=emulated\n",
      NULL },
    { "[vifemu-dm]\n", NULL },
    { "", "*: *" },
    { "[vifemu-dm]\nnic0=both\n", "*: 'nic0' goes into -vifemu *" },
    { "[vifemu-dm]\nbogus=1\n", "*: 'bogus' is none of *" },
    { "[vifemu-dm]\nqemu=a\n", "*: qemu cannot be 'a'*" },
    { "qemu=/a\n", "*: *" },
};

static void test_file(void)
{
    char *dir = g_dir_make_tmp("dm-plan-XXXXXX", NULL);
    char *path = g_build_filename(dir, "conf", NULL);

    for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
        struct dm_settings *s = dm_settings_new("/bin/vifemu");
        GError *err = NULL;
        bool ok;

        g_assert_true(g_file_set_contents(path, files[i].text, -1, NULL));
        ok = dm_settings_file(s, path, &err);
        g_assert_cmpint(ok, ==, !files[i].says);
        if (files[i].says &&
            !g_pattern_match_simple(files[i].says, err->message)) {
            g_error("'%s' is not '%s'", err->message, files[i].says);
        }
        if (i == 0) {
            g_assert_cmpstr(s->qemu, ==, "/a");
            g_assert_cmpstr(s->vifemu, ==, "/b");
            g_assert_cmpstr(s->user, ==, "1:2");
            g_assert_cmpstr(s->log_dir, ==, "/c");
            g_assert_cmpint(s->policy, ==, DM_EMULATED);
        }
        g_clear_error(&err);
        dm_settings_free(s);
    }
    g_remove(path);
    g_rmdir(dir);
    g_free(path);
    g_free(dir);
}

static void test_no_file(void)
{
    struct dm_settings *s = dm_settings_new("/bin/vifemu");

    g_assert_true(dm_settings_file(s, "/nonexistent/vifemu-dm.conf", NULL));
    g_assert_null(s->qemu);
    g_assert_cmpint(s->policy, ==, DM_BOTH);
    dm_settings_free(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *path = g_strdup_printf("/dm-plan/argv/%s", rows[i].name);

        g_test_add_data_func(path, &rows[i], check_row);
        g_free(path);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(globals); i++) {
        char *path = g_strdup_printf("/dm-plan/global/%s", globals[i].name);

        g_test_add_data_func(path, &globals[i], check_global);
        g_free(path);
    }
    g_test_add_func("/dm-plan/qemu", test_qemu);
    g_test_add_func("/dm-plan/stand-in", test_stand_in);
    g_test_add_func("/dm-plan/probe", test_probe);
    g_test_add_func("/dm-plan/vifemu", test_vifemu);
    g_test_add_func("/dm-plan/global", test_global);
    g_test_add_func("/dm-plan/global-shared", test_global_shared);
    g_test_add_func("/dm-plan/file", test_file);
    g_test_add_func("/dm-plan/no-file", test_no_file);
    return g_test_run();
}
