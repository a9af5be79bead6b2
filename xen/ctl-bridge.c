// SPDX-License-Identifier: MIT
/*
 * ctl-bridge.c - vifctl bridge: make a bridge around the host's wire, or take
 * it apart
 */
#include <errno.h>
#include <string.h>

#include "xen/ctl.h"
#include "xen/nl.h"
#include "xen/repair.h"

static char *uplink, *state_dir;
static gboolean dry_run, force;

static const GOptionEntry options[] = {
    { "uplink", 0, 0, G_OPTION_ARG_STRING, &uplink,
      "The wire: the interface whose addresses and routes change over "
      "(destroy: "
      "default the only one on the bridge)",
      "DEV" },
    { "dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run,
      "Only say what would be done", NULL },
    { "force", 0, 0, G_OPTION_ARG_NONE, &force,
      "Destroy a bridge though guests are on it", NULL },
    CTL_STATE_DIR(&state_dir),
    { NULL },
};

/**
 * struct job - One bridge to make, or to take apart
 * @before: As it is, @after: as it shall be; NULL until nothing speaks against
 * @wire:   Name of the uplink, or NULL
 */
struct job {
    bool destroy;
    const char *name;
    char wire[IFNAMSIZ];
    struct journals *journals;
    struct mnl_socket *nl;
    struct bridge_pair *before, *after;
    GPtrArray *remarks;
};

static void remark(struct job *j, enum severity severity, const char *text)
{
    struct remark *r = g_new0(struct remark, 1);

    r->severity = severity;
    r->text = g_strdup(text);
    g_ptr_array_add(j->remarks, r);
}

static bool refused(const struct job *j)
{
    for (guint i = 0; i < j->remarks->len; i++) {
        const struct remark *r = j->remarks->pdata[i];

        if (r->severity == REMARK_ERROR) {
            return true;
        }
    }
    return false;
}

/* What of @s would be lost makes it an error */
static void check_lost(struct job *j, const struct net_state *s)
{
    for (guint i = 0; i < s->lost->len; i++) {
        char *text = g_strdup_printf("%s: %s, which cannot change over",
                                     s->name, (char *)s->lost->pdata[i]);

        remark(j, REMARK_ERROR, text);
        g_free(text);
    }
}

static void check(struct job *j, const struct host *h)
{
    const struct host_link *wire = NULL;

    if (!j->destroy) {
        g_strlcpy(j->wire, uplink, sizeof(j->wire));
        bridge_create_check(h, j->name, uplink, bridge_is_wireless(uplink),
                            j->remarks);
        return;
    }
    wire = bridge_destroy_check(h, j->name, uplink, force, j->remarks);
    if (wire) {
        g_strlcpy(j->wire, wire->name, sizeof(j->wire));
    }
}

/* What is, and what shall be; false with @err set, or with a remark */
static bool prepare(struct job *j, GError **err)
{
    struct host *h = host_read(err);

    if (!h) {
        return false;
    }
    check(j, h);
    host_free(h);
    j->nl = refused(j) ? NULL : nl_open(err);
    if (!j->nl) {
        return false;
    }
    j->before = bridge_pair_read(j->nl, j->name, j->wire, err);
    if (!j->before) {
        return false;
    }
    check_lost(j, &j->before->uplink);
    check_lost(j, &j->before->bridge);
    j->after =
        j->destroy ? bridge_destroyed(j->before) : bridge_created(j->before);
    return !refused(j);
}

static void list(JsonBuilder *b, const char *member, const GPtrArray *entries,
                 bool json, const char *format, const char *name)
{
    json_builder_set_member_name(b, member);
    json_builder_begin_array(b);
    for (guint i = 0; i < entries->len; i++) {
        char *text = net_entry_text(entries->pdata[i]);

        json_builder_add_string_value(b, text);
        if (!json) {
            printf(format, name, text);
        }
        g_free(text);
    }
    json_builder_end_array(b);
}

/* Print what changes over, whether it was done or would be */
static void tell(const struct ctl *c, const struct job *j, bool done)
{
    const struct net_state *to = NULL;
    JsonBuilder *b = json_builder_new();

    json_builder_begin_object(b);
    ctl_json_string(b, "bridge", j->name);
    ctl_json_string(b, "uplink", *j->wire ? j->wire : NULL);
    ctl_json_string(b, "action", j->destroy ? "destroy" : "create");
    ctl_json_bool(b, "done", done);
    if (j->after && (done || dry_run)) {
        to = j->destroy ? &j->after->uplink : &j->after->bridge;
        list(b, "addresses", to->addresses, c->json, "%s has %s\n", to->name);
        list(b, "routes", to->routes, c->json, "%s has route %s\n", to->name);
    }
    ctl_json_remarks(b, j->remarks, NULL);
    json_builder_end_object(b);
    if (c->json) {
        ctl_json_print(b);
        return;
    }
    g_object_unref(b);
    if (to) {
        char *name = ctl_clean(j->name);

        printf("%s %s%s\n", name, dry_run ? "would be " : "",
               j->destroy ? "destroyed" : "created");
        g_free(name);
    }
}

static int finish(const struct ctl *c, struct job *j, bool done, GError *err)
{
    for (guint i = 0; i < j->remarks->len; i++) {
        ctl_fail("%s", ((struct remark *)j->remarks->pdata[i])->text);
    }
    if (err) {
        ctl_fail("%s; %s", err->message,
                 j->journals && journals_pending(j->journals)
                     ? "it cannot be undone now: 'vifctl repair' has to"
                     : "nothing was changed");
        remark(j, REMARK_ERROR, err->message);
        g_error_free(err);
    }
    tell(c, j, done);
    done |= dry_run && !refused(j);
    bridge_pair_free(j->after);
    nl_close(j->nl);
    journals_close(j->journals);
    g_ptr_array_unref(j->remarks);
    return done ? CTL_OK : CTL_FINDING;
}

static int bridge_run(const struct ctl *c, char **args)
{
    struct job j = { .destroy = !strcmp(args[0], "destroy"), .name = args[1] };
    GError *err = NULL;
    bool ok;

    if (!j.destroy && strcmp(args[0], "create")) {
        ctl_fail("bridge: '%s' is neither create nor destroy", args[0]);
        return CTL_USAGE;
    }
    if (!j.destroy && !uplink) {
        ctl_fail("bridge create: --uplink is missing");
        return CTL_USAGE;
    }
    j.remarks = g_ptr_array_new_with_free_func(remark_free);
    j.journals = dry_run ? NULL : ctl_journals(state_dir, &err);
    ok = (dry_run || j.journals) && prepare(&j, &err);
    if (ok && !dry_run) {
        ok = repair_bridge(j.journals,
                           j.destroy ? JOURNAL_DESTROY : JOURNAL_CREATE,
                           j.before, j.after, &err);
        j.before = NULL;
    }
    bridge_pair_free(j.before);
    return finish(c, &j, ok && !dry_run, err);
}

const struct ctl_command ctl_bridge = {
    .name = "bridge",
    .args = "create|destroy NAME",
    .min = 2,
    .max = 2,
    .options = CTL_JSON,
    .summary = "Make a bridge around the host's wire, or take it apart",
    .text =
        "create makes bridge NAME with the uplink as its port.  The bridge "
        "gets the uplink's Ethernet address and MTU, all addresses of IPv4 "
        "and IPv6 with their flags, scopes, labels and times, and all routes "
        "over it, of all tables, with their metrics; so the host keeps its "
        "place in the network, and guests share the wire.  The uplink keeps "
        "its name.  (network-bridge of xend renamed it to pethN and gave the "
        "bridge or a loopback device its name; nothing needs that today.)\n\n"
        "destroy gives them back to the uplink and deletes the bridge; a "
        "guest's interface on it, or a vlan, refuses.\n\n"
        "Whatever fails, all is put back as it was; if vifctl dies, 'vifctl "
        "repair' or the next command does that.  Refused are an uplink that "
        "is a port already, a guest's, a bridge, wireless, or below a macvlan, "
        "a name that is taken or has more than 15 characters, and routes to "
        "nexthop objects.  A client of DHCP has to be told to look after the "
        "bridge from now on; addresses that the kernel made up for privacy, "
        "ARP entries and rules (ip rule) that name the uplink do not change "
        "over.  Nothing of it outlasts a reboot.  Needs CAP_NET_ADMIN.",
    .findings = "it is refused, or failed and was undone",
    .own = options,
    .run = bridge_run,
};
