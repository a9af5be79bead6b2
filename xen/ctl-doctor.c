// SPDX-License-Identifier: MIT
/*
 * ctl-doctor.c - vifctl doctor: who is on which bridge, and what is wrong
 */
#include <string.h>

#include "xen/ctl.h"
#include "xen/doctor.h"
#include "xen/draw.h"
#include "xen/plan.h"

static const char *const titles[] = { "bridge",  "interface", "role",
                                      "guest",   "state",     "mtu",
                                      "address", "other end" };

/* "3.1" where a name tells the guest's domain and device; to be freed */
static char *guest_of(const struct host_link *l, enum host_role role)
{
    struct name_reading r[NAMES_READINGS];

    if (l->backend) {
        return g_strdup_printf("%u.%u", l->domid, l->devid);
    }
    if ((role != HOST_VIF && role != HOST_TAP) || !name_read(l->name, r) ||
        r[0].vifname) {
        return NULL;
    }
    return g_strdup_printf("%u.%u", r[0].domid, r[0].devid);
}

static const char *state(const struct host_link *l)
{
    return !l->up ? "down" : l->running ? "up" : "no carrier";
}

/* What frames that it sends get to next */
static const char *beyond(const struct host *h, const struct host_link *l)
{
    const struct host_link *peer = host_peer(h, l);

    if (l->far) {
        return "in another namespace";
    }
    peer = peer ? peer : host_by_index(h, l->lower);
    return peer && peer != l ? peer->name : NULL;
}

static void print_link(struct ctl_table *t, const struct host *h,
                       const struct host_link *b, const struct host_link *l)
{
    enum host_role role = host_role(h, l);
    char *guest = guest_of(l, role);
    char *mac = mac_text(l->mac);

    ctl_cell(t, b ? b->name : NULL);
    ctl_cell(t, l->name);
    ctl_cell(t, host_role_word(role));
    ctl_cell(t, guest);
    ctl_cell(t, state(l));
    ctl_cellf(t, "%u", l->mtu);
    ctl_cell(t, l->ethernet ? mac : NULL);
    ctl_cell(t, beyond(h, l));
    g_free(guest);
    g_free(mac);
}

static void json_link(JsonBuilder *b, const struct host *h,
                      const struct host_link *bridge, const struct host_link *l)
{
    enum host_role role = host_role(h, l);
    char *guest = guest_of(l, role);
    char *mac = mac_text(l->mac);

    json_builder_begin_object(b);
    ctl_json_string(b, "bridge", bridge ? bridge->name : NULL);
    ctl_json_string(b, "interface", l->name);
    ctl_json_int(b, "ifindex", l->index);
    ctl_json_string(b, "kind", *l->kind ? l->kind : NULL);
    ctl_json_string(b, "role", host_role_word(role));
    ctl_json_string(b, "guest", guest);
    ctl_json_string(b, "state", state(l));
    ctl_json_int(b, "mtu", l->mtu);
    ctl_json_string(b, "address", l->ethernet ? mac : NULL);
    ctl_json_string(b, "other-end", beyond(h, l));
    json_builder_end_object(b);
    g_free(guest);
    g_free(mac);
}

/**
 * struct report - Where the interfaces are told
 */
struct report {
    const struct host *host;
    struct ctl_table *table;
    JsonBuilder *json;
};

static void tell_link(struct report *r, const struct host_link *b,
                      const struct host_link *l)
{
    print_link(r->table, r->host, b, l);
    json_link(r->json, r->host, b, l);
}

/* A switch's own device, and its ports */
static void tell_bridge(struct report *r, const struct host_link *b)
{
    tell_link(r, b, b);
    for (guint i = 0; i < r->host->links->len; i++) {
        const struct host_link *l = r->host->links->pdata[i];

        if (l->master == b->index) {
            tell_link(r, b, l);
        }
    }
}

static bool is_switch(const struct host *h, const struct host_link *l)
{
    enum host_role role = host_role(h, l);

    return role == HOST_BRIDGE || (role == HOST_OVS && !l->master);
}

static void tell_all(struct report *r)
{
    const GPtrArray *links = r->host->links;

    for (guint i = 0; i < links->len; i++) {
        if (is_switch(r->host, links->pdata[i])) {
            tell_bridge(r, links->pdata[i]);
        }
    }
    for (guint i = 0; i < links->len; i++) {
        const struct host_link *l = links->pdata[i];

        if (!l->master && !is_switch(r->host, l) &&
            host_role(r->host, l) != HOST_OTHER) {
            tell_link(r, NULL, l);
        }
    }
}

/* Print and free; whether anything was worse than a note */
static bool finish(const struct ctl *c, struct report *r, GPtrArray *found)
{
    bool bad = false;

    for (guint i = 0; i < found->len; i++) {
        const struct remark *f = found->pdata[i];

        bad |= f->severity > REMARK_NOTE;
    }
    json_builder_end_array(r->json);
    ctl_json_remarks(r->json, found, NULL);
    json_builder_end_object(r->json);
    if (c->svg && !strcmp(c->svg, "-")) {
        ctl_table_free(r->table);
        g_object_unref(r->json);
        return bad;
    }
    if (c->json) {
        ctl_json_print(r->json);
        ctl_table_free(r->table);
    } else {
        ctl_table_print(r->table);
        g_object_unref(r->json);
    }
    for (guint i = 0; !c->json && i < found->len; i++) {
        ctl_say(stdout, "vifctl", found->pdata[i]);
    }
    return bad;
}

/* Into the file of --svg; "-": standard output, instead of the table */
static bool draw(const struct ctl *c, const struct host *h,
                 const struct host_link *bridge, const GPtrArray *found)
{
    char *svg = draw_svg(h, bridge, found);
    GError *err = NULL;
    bool ok = true;

    if (!strcmp(c->svg, "-")) {
        fputs(svg, stdout);
    } else if (!g_file_set_contents(c->svg, svg, -1, &err)) {
        ctl_fail("--svg: %s", err->message);
        g_error_free(err);
        ok = false;
    }
    g_free(svg);
    return ok;
}

static int examine(const struct ctl *c, const struct host *h,
                   const struct host_link *bridge)
{
    struct report r = { .host = h,
                        .table = ctl_table_new(titles, G_N_ELEMENTS(titles)),
                        .json = json_builder_new() };
    GPtrArray *found = doctor_findings(h, bridge);
    bool bad, failed = false;

    json_builder_begin_object(r.json);
    json_builder_set_member_name(r.json, "interfaces");
    json_builder_begin_array(r.json);
    if (bridge) {
        tell_bridge(&r, bridge);
    } else {
        tell_all(&r);
    }
    if (c->svg && !draw(c, h, bridge, found)) {
        failed = true;
    }
    bad = finish(c, &r, found);
    g_ptr_array_unref(found);
    return failed ? CTL_USAGE : bad ? CTL_FINDING : CTL_OK;
}

/* What the kernel does not ask before it enslaves */
static int would_loop(const struct host *h, const char *name,
                      const struct host_link *b)
{
    const struct host_link *l = host_by_name(h, name);
    char *way = l ? host_loop_if(h, l, b) : NULL;
    int status = l ? CTL_OK : ctl_fail("there is no %s", name);

    if (way) {
        status = ctl_fail("%s as a port of %s closes a loop: %s", name, b->name,
                          way);
        g_free(way);
    }
    return status;
}

static int doctor_run(const struct ctl *c, char **args)
{
    const struct host_link *bridge = NULL;
    GError *err = NULL;
    struct host *h = host_read(&err);
    int status;

    if (h && c->add && !args[0]) {
        ctl_fail("--add wants a BRIDGE");
        host_free(h);
        return CTL_USAGE;
    }
    if (!h) {
        status = ctl_fail("%s", err->message);
        g_error_free(err);
        return status;
    }
    bridge = args[0] ? host_bridge(h, args[0]) : NULL;
    if (args[0] && (!bridge || !is_switch(h, bridge))) {
        status = ctl_fail(bridge ? "%s is no bridge" : "there is no bridge %s",
                          args[0]);
    } else if (c->add) {
        status = would_loop(h, c->add, bridge);
    } else {
        status = examine(c, h, bridge);
    }
    host_free(h);
    return status;
}

const struct ctl_command ctl_doctor = {
    .name = "doctor",
    .args = "[BRIDGE]",
    .max = 1,
    .options = CTL_JSON | CTL_ADD | CTL_SVG,
    .summary = "Who is on which bridge, what for, and what is wrong there",
    .text =
        "Lists each bridge's own device and its ports, and what belongs to a "
        "guest or leads out and is on no bridge.  Roles: wire (the way out), "
        "bridge (the host's own port), vif (backend of a paravirtual card), "
        "tap (of an emulated card), loopback (an end of the old loopback "
        "driver, vif0.N or its vethN), veth, openvswitch, other.\n\n"
        "Then what is wrong: loops, with the way that frames circle; ports of "
        "one bridge with one address; names that a script or QEMU left half "
        "way; a guest's port that is down, has another MTU than its bridge, "
        "or an address that the bridge may take over.  Nothing is changed.  "
        "What is inside Open vSwitch, in another network namespace or beyond "
        "the wire is not seen.  A BRIDGE xenbrN that does not exist is ethN, "
        "as with vif-bridge.\n\n"
        "With --svg the same is drawn: guests at the left of their bridge, "
        "the wire and pairs at the right, loops in red, findings below.\n\n"
        "With --add nothing is listed: it says whether that interface, were "
        "it a port of BRIDGE, would close a loop, and which way frames would "
        "circle.  The kernel does not ask.",
    .findings = "there is a finding that is not merely a note, a loop would be "
                "closed, or there is no such bridge or interface",
    .run = doctor_run,
};
