// SPDX-License-Identifier: MIT
/*
 * ctl-wire.c - vifctl up, vifctl down: the taps of a guest's emulated cards
 */
#include "xen/ctl-guest.h"
#include "xen/filter.h"
#include "xen/repair.h"
#include "xen/wire.h"

static char *filter_word, *state_dir;

static const GOptionEntry up_options[] = {
    CTL_FILTER(&filter_word),
    CTL_STATE_DIR(&state_dir),
    { NULL },
};

static const GOptionEntry down_options[] = { CTL_STATE_DIR(&state_dir),
                                             { NULL } };

bool ctl_filter(const char *word, enum filter_mode *mode)
{
    if (word && !filter_mode_find(word, mode)) {
        ctl_fail("--filter: '%s' is none of ip, mac, none", word);
        return false;
    }
    return true;
}

/**
 * struct job - A guest, the host, and which taps to make or take away
 */
struct job {
    struct ctl_guest g;
    struct host *host;
    struct journals *journals;
    GArray *taps;
    GPtrArray *names;
};

static void job_free(struct job *j)
{
    wire_filters_free(j->taps);
    g_array_unref(j->taps);
    g_ptr_array_unref(j->names);
    host_free(j->host);
    journals_close(j->journals);
    ctl_guest_free(&j->g);
}

/* Look at the host once nobody else changes it, and nothing is left half-made
 */
static bool look(struct job *j, GError **err)
{
    j->journals = ctl_journals(state_dir, err);
    j->host = j->journals ? host_read(err) : NULL;
    return j->host != NULL;
}

/* CTL_OK, or what to exit with after saying why */
static int job_read(const struct ctl *c, const char *file, struct job *j)
{
    GError *err = NULL;
    int status;

    *j = (struct job){ 0 };
    if (!c->has_domid) {
        ctl_fail("--domid is missing: names are made of it");
        return CTL_USAGE;
    }
    if (!ctl_guest_read(c, file, &j->g)) {
        return CTL_USAGE;
    }
    if (!look(j, &err)) {
        status = ctl_fail("%s", err->message);
        g_error_free(err);
        journals_close(j->journals);
        ctl_guest_free(&j->g);
        return status;
    }
    j->taps = g_array_new(FALSE, FALSE, sizeof(struct wire_tap));
    j->names = g_ptr_array_new();
    return CTL_OK;
}

/* Report and free; @taps: the names, @word: what was done with them */
static int job_done(const struct ctl *c, struct job *j, bool ok,
                    const char *word, GError *err)
{
    if (err) {
        ctl_fail("%s; %s", err->message,
                 journals_pending(j->journals)
                     ? "'vifctl repair' has to undo the rest"
                     : "nothing was changed");
        g_error_free(err);
    }
    if (c->json) {
        JsonBuilder *b = ctl_guest_json(c, &j->g);

        json_builder_set_member_name(b, word);
        json_builder_begin_array(b);
        for (guint i = 0; ok && i < j->names->len; i++) {
            char *valid = g_utf8_make_valid(j->names->pdata[i], -1);

            json_builder_add_string_value(b, valid);
            g_free(valid);
        }
        json_builder_end_array(b);
        json_builder_end_object(b);
        ctl_json_print(b);
    } else {
        ctl_guest_say(c, &j->g);
        for (guint i = 0; ok && i < j->names->len; i++) {
            char *name = ctl_clean(j->names->pdata[i]);

            printf("%s %s\n", name, word);
            g_free(name);
        }
    }
    job_free(j);
    return ok ? CTL_OK : CTL_FINDING;
}

static int up_run(const struct ctl *c, char **args)
{
    enum filter_mode mode = FILTER_IP;
    GError *err = NULL;
    struct job j;
    int status;
    bool ok;

    if (!ctl_filter(filter_word, &mode)) {
        return CTL_USAGE;
    }
    status = job_read(c, args[0], &j);
    if (status) {
        return status;
    }
    wire_check(j.g.plan, j.host, j.taps);
    wire_filters(j.g.plan, mode, j.taps);
    for (guint i = 0; i < j.taps->len; i++) {
        g_ptr_array_add(j.names,
                        (void *)g_array_index(j.taps, struct wire_tap, i).name);
    }
    ok = ctl_guest_ok(c, &j.g) && wire_up(j.journals, j.taps, &err);
    return job_done(c, &j, ok, "up", err);
}

static int down_run(const struct ctl *c, char **args)
{
    GError *err = NULL;
    struct job j;
    struct ctl lax = *c;
    int status;
    bool ok;

    /* What is up has to come down, however odd its configuration is */
    lax.lax = true;
    status = job_read(&lax, args[0], &j);
    if (status) {
        return status;
    }
    wire_down_check(j.g.plan, j.host, j.names);
    ok = ctl_guest_ok(&lax, &j.g) && wire_down(j.journals, j.names, &err);
    return job_done(&lax, &j, ok, "down", err);
}

const struct ctl_command ctl_up = {
    .name = "up",
    .args = "FILE",
    .min = 1,
    .max = 1,
    .options = CTL_GUEST | CTL_LAX,
    .summary = "Make the taps of a guest's emulated cards, on their bridges",
    .text =
        "Makes a persistent tap for each emulated card that 'vifctl plan' "
        "shows, and leaves it as the script vif-bridge would: address "
        "fe:ff:ff:ff:ff:ff, no addresses of IP, the MTU of the configuration "
        "or else of the bridge, port of the bridge, up.  Backends of "
        "paravirtual cards are the kernel's and are left alone.\n\n"
        "Before anything is made, all names are looked for on the host (who "
        "has one is said, with device ids that are free), and bridges have to "
        "exist and to have no loop.  Where the bridge is Open vSwitch's the "
        "tap is made and left to the script, which is said.\n\n"
        "A vif with ip= gets a filter (nftables, table bridge vifemu): what "
        "comes in by its tap or by its paravirtual card's interface must be "
        "from its mac= and an address of ip=, or is dropped; DHCP passes, ARP "
        "and neighbour discovery about its own addresses do, and IPv6 if ip= "
        "has an address of it.  It is there before the tap is.\n\n"
        "All taps are made or none: what fails is undone, and what dies half "
        "way is undone by the next command or by 'vifctl repair'.  --domid is "
        "needed.  Needs CAP_NET_ADMIN.",
    .findings = "the file is refused, or a tap or filter cannot be made",
    .own = up_options,
    .run = up_run,
};

const struct ctl_command ctl_down = {
    .name = "down",
    .args = "FILE",
    .min = 1,
    .max = 1,
    .options = CTL_GUEST,
    .summary = "Take away the taps that 'vifctl up' made",
    .text =
        "Takes away the taps of the plan that are there, and their filters.  "
        "None is taken away "
        "while a process holds one of them, or when something with such a "
        "name is not a persistent tap; one that is not there is a note.  "
        "Warnings do not refuse.  --domid is needed.  Needs CAP_NET_ADMIN.",
    .findings = "the file is refused, or a tap is held or cannot be removed",
    .own = down_options,
    .run = down_run,
};
