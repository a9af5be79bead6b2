/* SPDX-License-Identifier: MIT */
/*
 * dm-plan.h - what vifemu-dm makes of the command line that libxl gives it
 */
#ifndef XEN_DM_PLAN_H
#define XEN_DM_PLAN_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

/* More cards than a PCI bus of QEMU has room for */
#define DM_NICS_MAX 32

/**
 * enum dm_policy - Who emulates a card, and whether a guest can unplug it
 * @DM_BOTH:     vifemu; an unplug takes the card away, as with QEMU
 * @DM_EMULATED: vifemu; the card stays
 * @DM_QEMU:     QEMU, as if we were not there
 */
enum dm_policy {
    DM_BOTH,
    DM_EMULATED,
    DM_QEMU,
};

/**
 * struct dm_settings - What the administrator chose
 * @qemu, @vifemu: Programs; @qemu NULL: the first that is installed
 * @user:     Whom vifemu runs as, "USER" or "UID:GID"; NULL: dm_user()
 * @log_dir:  Where vifemu-dm-NAME.log goes
 * @policy:   Of cards that @policies says nothing about
 * @policies: Card id ("nic0") to GINT_TO_POINTER(enum dm_policy)
 */
struct dm_settings {
    char *qemu, *vifemu, *user, *log_dir;
    enum dm_policy policy;
    GHashTable *policies;
};

/**
 * struct dm_nic - One network card on the command line
 * @model, @id, @netdev, @mac: As there
 * @ifname:  Of its tap, NULL if @tap_fd is the tap
 * @tap_fd:  A tap that is open already, or -1
 * @addr:    Its place on the bus, NULL where QEMU chooses; set from what QEMU
 *           says later.  Never set for a card on @isa
 * @ours:    vifemu emulates it
 * @why:     Why QEMU does, if not @ours
 * @device:  The properties of -device but those above and bus=, and of -global
 *           for its model; freed with the plan
 * @word, @backend: Which words of the command line are the values of -device
 * and -netdev
 */
struct dm_nic {
    char *model, *id, *netdev, *mac, *ifname, *addr, *why;
    int tap_fd;
    bool isa, ours;
    enum dm_policy policy;
    JsonObject *device;
    unsigned word, backend;
};

/**
 * struct dm_plan - The command line, understood
 * @argv:     libxl's words without ours; [0] is still ours
 * @domid:    Meaningful with @has_domid
 * @name:     Of the domain
 * @nics:     struct dm_nic, in their order
 * @ours:     How many of them are ours
 * @withheld: Which words QEMU does not get if a card is ours, a set of numbers:
 *            -global of what only our cards have
 * @monitor:  Which word is the value of the chardev that libxl's commands come
 *            through; 0: there is none
 * @qmp_path, @qmp_fd: Its socket: a path to listen on, or a descriptor that
 *            listens (-1: none)
 * @incoming: The descriptor of -incoming, or -1
 * @stopped:  -S
 * @probe:    No guest: libxl wants to ask QEMU what it can, through @qmp_fd
 * @user:     Of -runas or -run-with, or NULL
 * @why:      Why nothing is ours, or NULL
 */
struct dm_plan {
    GPtrArray *argv;
    bool has_domid, stopped, probe;
    uint32_t domid;
    char *name;
    GPtrArray *nics;
    GHashTable *withheld;
    unsigned ours, monitor;
    char *qmp_path;
    int qmp_fd, incoming;
    char *user, *why;
};

/**
 * struct dm_fds - Descriptors that take the place of words
 * @monitor: Listens for QMP, for QEMU; in a probe its connection with libxl
 * @canary:  Of each card that is ours: QEMU's end, or vifemu's
 * @tap:     Of each card that is ours
 * @qmp:     vifemu's end of its monitor
 * @state:   What vifemu begins with, or -1
 *
 * @canary and @tap are counted as dm_plan.nics; -1: none.
 */
struct dm_fds {
    int monitor, qmp, state;
    int canary[DM_NICS_MAX], tap[DM_NICS_MAX];
};

/**
 * dm_settings_new() - Settings as they are without any configuration
 * @vifemu: The program
 */
struct dm_settings *dm_settings_new(const char *vifemu);
void dm_settings_free(struct dm_settings *s);

/**
 * dm_settings_file() - Read a configuration file
 *
 * One that is not there says nothing.  False with @err, which names the file
 */
bool dm_settings_file(struct dm_settings *s, const char *path, GError **err);

/**
 * dm_settings_option() - The value of -vifemu, "key=value,nicN=policy,.."
 */
bool dm_settings_option(struct dm_settings *s, const char *text, GError **err);

/* "both", "emulated", "qemu" */
const char *dm_policy_word(enum dm_policy policy);

/**
 * dm_plan_new() - Understand a command line; nothing is touched or asked
 * @argv: NULL-terminated, [0] is the program
 * @s:    Gets what -vifemu says as well
 *
 * A command line that is not one of a guest with cards of ours gives a plan
 * without any: QEMU gets it as it is.
 *
 * Return: NULL with @err if it contradicts itself or a name cannot be
 */
struct dm_plan *dm_plan_new(char *const *argv, struct dm_settings *s,
                            GError **err);
void dm_plan_free(struct dm_plan *p);

/* Let QEMU have all cards, because of @why */
void dm_plan_leave(struct dm_plan *p, const char *why);

/**
 * dm_plan_qemu() - QEMU's command line, g_strfreev()
 * @fds: NULL: words in angle brackets stand for descriptors
 */
char **dm_plan_qemu(const struct dm_plan *p, const char *qemu,
                    const struct dm_fds *fds);

/**
 * dm_plan_vifemu() - vifemu's command line, g_strfreev()
 * @user: Whom it runs as, or NULL
 * @fds:  NULL: words in angle brackets stand for descriptors
 */
char **dm_plan_vifemu(const struct dm_plan *p, const char *vifemu,
                      const char *user, const struct dm_fds *fds);

/* Log whose card is whose, and why */
void dm_plan_log(const struct dm_plan *p);

/**
 * dm_explain() - Print the plan as a table or as JSON on standard output
 */
void dm_explain(const struct dm_plan *p, const struct dm_settings *s,
                const char *qemu, const char *user, bool json);

#endif
