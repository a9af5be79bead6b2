// SPDX-License-Identifier: MIT
/*
 * libvirt.c - read the interfaces of a libvirt domain
 *
 * Theory of operation: the text is put between the tags of an element of our
 * own, which makes one document of a bare list of <interface> elements, and
 * keeps every document type out, with the entities and files that one could
 * name: XML knows none inside an element.  An XML declaration is blanked out,
 * so that libxml2 takes nothing but UTF-8 and loads no converters.  The size is
 * bounded here, the depth by libxml2 (256).  Of the tree that results only
 * <interface> elements are looked at closely; what they hold and a vif cannot
 * is noted, so that nobody is surprised by a conversion.
 */
#include "xen/guest.h"

#include <inttypes.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>

#include "xen/libvirt.h"

/* libvirtd itself takes 4 MiB; what a machine's owner writes is some KiB */
#define SIZE_MAX_BYTES (1024 * 1024)
/* libxml2 compares each attribute of a tag with all others */
#define TAG_MAX_BYTES 8192
/* .. and each prefix with all namespaces that are in force */
#define NAMESPACES_MAX 256

#define WRAP_OPEN  "<vifemu>"
#define WRAP_CLOSE "</vifemu>"

/**
 * struct reading - A document on its way into a guest
 * @failed: The first error of the parser is told; more would repeat it
 */
struct reading {
    struct guest *g;
    bool failed;
};

/**
 * struct card - An <interface> on its way into a vif
 * @seen:  Parts that it has already, by their position in parts[]
 * @tags:  Of <vlan>, unsigned
 * @source: As in <source bridge=''/> or <source network=''/>
 */
struct card {
    struct guest *g;
    struct vif *v;
    struct place at;
    char *type, *source, *network;
    unsigned seen;
    bool ovs, trunk;
    GArray *tags;
};

/**
 * struct part - What may stand in an <interface>
 * @used: Its attributes that @read looks at, or that say nothing more
 * @read: NULL: @lost
 * @lost: Why it is not used
 */
struct part {
    const char *name;
    const char *used[4];
    void (*read)(struct card *c, const xmlNode *n);
    const char *lost;
};

static struct place place_of(const xmlNode *n)
{
    long line = xmlGetLineNo(n);

    return (struct place){ .line = line > 0 ? (unsigned)line : 0 };
}

static bool is_element(const xmlNode *n, const char *name)
{
    return n->type == XML_ELEMENT_NODE && !n->ns &&
           strcmp((const char *)n->name, name) == 0;
}

/* An attribute's value, or NULL; to be freed by the caller */
static char *attr(const xmlNode *n, const char *name)
{
    xmlChar *s = xmlGetNoNsProp(n, (const xmlChar *)name);
    char *value = g_strdup((const char *)s);

    xmlFree(s);
    return value;
}

/* A node's text without blanks round it; to be freed by the caller */
static char *content(const xmlNode *n)
{
    xmlChar *s = xmlNodeGetContent(n);
    char *text = g_strdup(s ? (const char *)s : "");

    xmlFree(s);
    return g_strstrip(text);
}

/* A number in decimal digits, up to @max */
static bool attr_uint(const xmlNode *n, const char *name, uint64_t max,
                      uint64_t *val)
{
    g_autofree char *s = attr(n, name);

    return s && g_ascii_string_to_unsigned(s, 10, 0, max, val, NULL);
}

/*
 * Parts of an <interface>
 */

static void read_mac(struct card *c, const xmlNode *n)
{
    g_autofree char *s = attr(n, "address");

    if (s && libvirt_mac(s, c->v->mac)) {
        c->v->has_mac = true;
        return;
    }
    guest_remark(c->g, REMARK_ERROR, place_of(n), "mac",
                 "'%s' is no MAC address of a card: six hexadecimal numbers "
                 "with colons, the first one even",
                 s ? s : "");
    memset(c->v->mac, 0, sizeof(c->v->mac));
}

static void read_source(struct card *c, const xmlNode *n)
{
    bool network = g_strcmp0(c->type, "network") == 0;

    c->source = attr(n, network ? "network" : "bridge");
    if (network && c->source) {
        c->network = g_strdup(c->source);
    }
}

static void read_script(struct card *c, const xmlNode *n)
{
    c->v->script = attr(n, "path");
    if (c->v->script && g_strcmp0(c->type, "network") == 0) {
        guest_remark(c->g, REMARK_ERROR, place_of(n), "script",
                     "libvirt takes a script with interfaces of type 'bridge' "
                     "and 'ethernet' only");
    }
}

static void read_target(struct card *c, const xmlNode *n)
{
    g_autofree char *dev = attr(n, "dev");

    if (!dev || !*dev) {
        return;
    }
    if (libvirt_forgets(dev)) {
        guest_remark(c->g, REMARK_NOTE, place_of(n), "target",
                     "libvirt forgets '%s': names with vif or vnet in front "
                     "are those that it makes itself",
                     dev);
        return;
    }
    c->v->vifname = g_steal_pointer(&dev);
}

static void read_model(struct card *c, const xmlNode *n)
{
    c->v->model = attr(n, "type");
}

static void read_ip(struct card *c, const xmlNode *n)
{
    g_autofree char *s = attr(n, "address");
    char *both;

    if (!s || !libvirt_ip(s)) {
        guest_remark(c->g, REMARK_ERROR, place_of(n), "ip",
                     "'%s' is no IPv4 or IPv6 address", s ? s : "");
        return;
    }
    both = c->v->ip ? g_strconcat(c->v->ip, " ", s, NULL) : g_strdup(s);
    g_free(c->v->ip);
    c->v->ip = both;
}

static void read_outbound(struct card *c, const xmlNode *n)
{
    uint64_t kib;

    if (!attr_uint(n, "average", UINT64_MAX / 1024 / LIBVIRT_RATE_US, &kib)) {
        guest_remark(c->g, REMARK_ERROR, place_of(n), "bandwidth",
                     "average has to be a number of KiB in a second");
        return;
    }
    /* A zero is as good as none to libvirt's driver */
    if (kib) {
        c->v->rate = g_strdup_printf("%" PRIu64 "KB/s", kib);
        c->v->rate_us = LIBVIRT_RATE_US;
        c->v->rate_bytes = kib * 1024 * LIBVIRT_RATE_US / 1000000;
    }
    for (const xmlAttr *a = n->properties; a; a = a->next) {
        if (strcmp((const char *)a->name, "average") != 0) {
            guest_remark(c->g, REMARK_NOTE, place_of(n), "bandwidth",
                         "%s is lost: Xen has an average rate only",
                         (const char *)a->name);
        }
    }
}

static void read_bandwidth(struct card *c, const xmlNode *n)
{
    for (const xmlNode *i = n->children; i; i = i->next) {
        if (is_element(i, "outbound") && !c->v->rate) {
            read_outbound(c, i);
        } else if (i->type == XML_ELEMENT_NODE) {
            guest_remark(c->g, REMARK_NOTE, place_of(i), "bandwidth",
                         "<%s> is lost: Xen limits what a guest sends, once",
                         (const char *)i->name);
        }
    }
}

static void read_vlan_tag(struct card *c, const xmlNode *n)
{
    uint64_t id;
    unsigned tag;

    if (!is_element(n, "tag") || !attr_uint(n, "id", 4095, &id)) {
        guest_remark(c->g, REMARK_ERROR, place_of(n), "vlan",
                     "<%s> in <vlan>: what is wanted is <tag id='0' .. "
                     "'4095'/>",
                     (const char *)n->name);
        return;
    }
    tag = (unsigned)id;
    g_array_append_val(c->tags, tag);
    if (xmlHasProp(n, (const xmlChar *)"nativeMode")) {
        guest_remark(c->g, REMARK_WARNING, place_of(n), "vlan",
                     "nativeMode is lost: libvirt's driver does not tell "
                     "vif-openvswitch");
    }
}

static void read_vlan(struct card *c, const xmlNode *n)
{
    g_autofree char *trunk = attr(n, "trunk");

    for (const xmlNode *i = n->children; i; i = i->next) {
        if (i->type == XML_ELEMENT_NODE) {
            read_vlan_tag(c, i);
        }
    }
    c->trunk = c->tags->len > 1 || g_strcmp0(trunk, "yes") == 0;
    if (c->tags->len > 1 && g_strcmp0(trunk, "no") == 0) {
        guest_remark(c->g, REMARK_ERROR, place_of(n), "vlan",
                     "trunk='no' with more than one tag");
    }
}

static void read_virtualport(struct card *c, const xmlNode *n)
{
    g_autofree char *type = attr(n, "type");

    c->ovs = g_strcmp0(type, "openvswitch") == 0;
    if (!c->ovs) {
        guest_remark(c->g, REMARK_WARNING, place_of(n), "virtualport",
                     "type '%s' is lost: libvirt's xl driver knows "
                     "'openvswitch' only",
                     type ? type : "");
        return;
    }
    for (const xmlNode *i = n->children; i; i = i->next) {
        if (i->type == XML_ELEMENT_NODE) {
            guest_remark(c->g, REMARK_NOTE, place_of(i), "virtualport",
                         "<%s> is lost: vif-openvswitch does not get it",
                         (const char *)i->name);
        }
    }
}

static void read_mtu(struct card *c, const xmlNode *n)
{
    uint64_t mtu;

    if (!attr_uint(n, "size", UINT32_MAX, &mtu)) {
        guest_remark(c->g, REMARK_ERROR, place_of(n), "mtu",
                     "size has to be a number of bytes");
        return;
    }
    c->v->mtu = (uint32_t)mtu;
    guest_remark(c->g, REMARK_WARNING, place_of(n), "mtu",
                 "libvirt's xl driver does not pass it on: there the guest "
                 "gets the bridge's");
}

static void read_backend(struct card *c, const xmlNode *n)
{
    c->v->backend = attr(n, "name");
}

static const struct part parts[] = {
    { "mac", { "address", "type", "check" }, read_mac },
    { "source", { "bridge", "network" }, read_source },
    { "script", { "path" }, read_script },
    { "target", { "dev", "managed" }, read_target },
    { "model", { "type" }, read_model },
    { "ip", { "address", "family" }, read_ip },
    { "bandwidth", { NULL }, read_bandwidth },
    { "vlan", { "trunk" }, read_vlan },
    { "virtualport", { "type" }, read_virtualport },
    { "mtu", { "size" }, read_mtu },
    { "backenddomain", { "name" }, read_backend },
    { .name = "boot",
      .lost = "Xen has one boot order for all devices, in "
              "the guest's configuration (boot=)" },
    { .name = "rom", .lost = "the device model brings its own" },
    { .name = "driver", .lost = "it is for virtio" },
    { .name = "link", .lost = "the link of a vif is up when its bridge is" },
    { .name = "alias", .lost = "libvirt makes it anew" },
    { .name = "address", .lost = "the device model chooses the slot" },
};
G_STATIC_ASSERT(G_N_ELEMENTS(parts) <= 32);

static void note_attributes(struct card *c, const xmlNode *n,
                            const char *const used[4])
{
    for (const xmlAttr *a = n->properties; a; a = a->next) {
        bool known = false;

        for (unsigned i = 0; i < 4 && used[i] && !known; i++) {
            known = !a->ns && strcmp((const char *)a->name, used[i]) == 0;
        }
        if (!known) {
            guest_remark(c->g, REMARK_NOTE, place_of(n), (const char *)n->name,
                         "its attribute %s is lost", (const char *)a->name);
        }
    }
}

static void read_part(struct card *c, const xmlNode *n)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++) {
        const struct part *p = &parts[i];

        if (!is_element(n, p->name)) {
            continue;
        }
        if (!p->read) {
            guest_remark(c->g, REMARK_NOTE, place_of(n), p->name,
                         "it is lost: %s", p->lost);
        } else if (c->seen & 1u << i && p->read != read_ip) {
            guest_remark(c->g, REMARK_WARNING, place_of(n), p->name,
                         "it is here twice: the first one counts");
        } else {
            c->seen |= 1u << i;
            p->read(c, n);
            note_attributes(c, n, p->used);
        }
        return;
    }
    guest_remark(c->g, REMARK_NOTE, place_of(n), (const char *)n->name,
                 "it is lost: there is nothing like it in a vif");
}

/*
 * The whole of an <interface>
 */

/* A comment's beginning; comments have no place in a vif */
static void note_comment(struct guest *g, const xmlNode *n)
{
    g_autofree char *text = content(n);
    struct place at = place_of(n);

    /* The parser has the line where it ends */
    for (const char *p = (const char *)n->content; p && *p; p++) {
        at.line -= *p == '\n' && at.line > 1;
    }
    g_strdelimit(text, "\t\r\n", ' ');
    if (g_utf8_strlen(text, -1) > 40) {
        strcpy(g_utf8_offset_to_pointer(text, 37), "...");
    }
    guest_remark(g, REMARK_NOTE, at, NULL, "the comment '%s' is lost", text);
}

/* The bridge as libxl gets it: vif-openvswitch reads tags behind its name */
static void card_bridge(struct card *c)
{
    GString *bridge;

    if (!c->source || !*c->source) {
        guest_remark(c->g, REMARK_ERROR, c->at, "source",
                     "an interface of type 'bridge' needs <source "
                     "bridge='..'/>");
        return;
    }
    bridge = g_string_new(c->source);
    for (unsigned i = 0; c->ovs && i < c->tags->len; i++) {
        g_string_append_printf(bridge, "%c%u", c->trunk ? ':' : '.',
                               g_array_index(c->tags, unsigned, i));
    }
    c->v->bridge = g_string_free(bridge, FALSE);
    if (c->ovs && !c->v->script) {
        c->v->script = g_strdup("vif-openvswitch");
    }
    if (c->tags->len && !c->ovs) {
        guest_remark(c->g, REMARK_WARNING, c->at, "vlan",
                     "libvirt's xl driver heeds it only with <virtualport "
                     "type='openvswitch'/>");
    }
}

static void card_network(struct card *c)
{
    struct vif_key *k;

    if (!c->network || !*c->network) {
        guest_remark(c->g, REMARK_ERROR, c->at, "source",
                     "an interface of type 'network' needs <source "
                     "network='..'/>");
        return;
    }
    k = g_new0(struct vif_key, 1);
    k->at = c->at;
    k->key = g_strdup("network");
    k->value = g_strdup(c->network);
    g_ptr_array_add(c->v->rest, k);
    guest_remark(c->g, REMARK_WARNING, c->at, "source",
                 "the bridge of network '%s' is known to libvirtd only ('virsh "
                 "net-info %s'): none is set",
                 c->network, c->network);
}

/* The cards that the guest sees, as the driver decides at start */
static void card_mode(struct card *c)
{
    struct vif *v = c->v;
    bool netfront = g_strcmp0(v->model, "netfront") == 0;

    if (v->model && !*v->model) {
        g_clear_pointer(&v->model, g_free);
    }
    if (c->g->kind != GUEST_HVM) {
        v->mode = VIF_PV;
        if (v->model && !netfront) {
            guest_remark(c->g, REMARK_ERROR, c->at, "model",
                         "only model 'netfront' is supported for PV and PVH "
                         "guests, not '%s'",
                         v->model);
        }
        return;
    }
    v->mode = netfront ? VIF_PV : VIF_BOTH;
    if (netfront) {
        g_clear_pointer(&v->model, g_free);
    }
}

static void card_read(struct card *c, const xmlNode *n)
{
    static const char *const used[4] = { "type" };

    note_attributes(c, n, used);
    for (const xmlNode *i = n->children; i; i = i->next) {
        if (i->type == XML_COMMENT_NODE) {
            note_comment(c->g, i);
        } else if (i->type == XML_ELEMENT_NODE) {
            read_part(c, i);
        }
    }
    if (strcmp(c->type, "bridge") == 0) {
        card_bridge(c);
    } else if (strcmp(c->type, "network") == 0) {
        card_network(c);
    }
    card_mode(c);
}

static void read_interface(struct guest *g, const xmlNode *n)
{
    static const char *const types[] = { "bridge", "ethernet", "network",
                                         NULL };
    struct place at = place_of(n);
    struct card c = { .g = g, .at = at, .type = attr(n, "type") };

    if (g_strcmp0(c.type, "hostdev") == 0) {
        guest_remark(g, REMARK_WARNING, at, "type",
                     "a card that is passed through is no vif: left out");
    } else if (!c.type || !g_strv_contains(types, c.type)) {
        guest_remark(g, REMARK_ERROR, at, "type",
                     "'%s' is none of the interfaces that libvirt's xl driver "
                     "makes: bridge, ethernet, network",
                     c.type ? c.type : "user");
    } else {
        c.v = guest_add_vif(g, at);
        c.tags = g_array_new(FALSE, FALSE, sizeof(unsigned));
        card_read(&c, n);
        g_array_unref(c.tags);
    }
    g_free(c.type);
    g_free(c.source);
    g_free(c.network);
}

/*
 * The document
 */

static void read_kind(struct guest *g, const xmlNode *type)
{
    g_autofree char *word = content(type);

    if (strcmp(word, "hvm") == 0) {
        g->kind = GUEST_HVM;
    } else if (strcmp(word, "xenpvh") == 0) {
        g->kind = GUEST_PVH;
    } else if (strcmp(word, "xen") == 0 || strcmp(word, "linux") == 0) {
        g->kind = GUEST_PV;
    } else {
        guest_remark(g, REMARK_ERROR, place_of(type), "os",
                     "type '%s' is none of hvm, xen, linux, xenpvh", word);
    }
}

/* Interfaces, and comments between them */
static void read_list(struct guest *g, const xmlNode *list)
{
    for (const xmlNode *i = list->children; i; i = i->next) {
        if (is_element(i, "interface")) {
            read_interface(g, i);
        } else if (is_element(i, "emulator") && !g->device_model_override) {
            g->device_model_override = content(i);
        } else if (i->type == XML_COMMENT_NODE) {
            note_comment(g, i);
        }
    }
}

static const xmlNode *child(const xmlNode *n, const char *name)
{
    for (n = n ? n->children : NULL; n; n = n->next) {
        if (is_element(n, name)) {
            break;
        }
    }
    return n;
}

static void read_domain(struct guest *g, const xmlNode *domain)
{
    const xmlNode *type = child(child(domain, "os"), "type");
    const xmlNode *name = child(domain, "name");
    g_autofree char *hypervisor = attr(domain, "type");

    if (g_strcmp0(hypervisor, "xen") != 0) {
        guest_remark(g, REMARK_WARNING, place_of(domain), "domain",
                     "its type is '%s', not 'xen'",
                     hypervisor ? hypervisor : "");
    }
    if (name) {
        g->name = content(name);
    }
    if (type) {
        read_kind(g, type);
    } else {
        guest_remark(g, REMARK_ERROR, place_of(domain), "os",
                     "there is no <os><type>: hvm, xen, linux or xenpvh");
    }
    for (const xmlNode *i = domain->children; i; i = i->next) {
        if (is_element(i, "devices")) {
            read_list(g, i);
        }
    }
}

/* What stands where <domain> or a list of <interface> is wanted */
static void read_top(struct guest *g, const xmlNode *root)
{
    const xmlNode *domain = child(root, "domain");
    const xmlNode *first = child(root, "interface");

    for (const xmlNode *i = root->children; i; i = i->next) {
        bool known = i == domain || (!domain && is_element(i, "interface"));

        if (i->type == XML_ELEMENT_NODE && !known) {
            guest_remark(g, REMARK_ERROR, place_of(i), NULL,
                         "<%s> where one <domain> or a list of <interface> is "
                         "wanted",
                         (const char *)i->name);
        } else if (i->type == XML_TEXT_NODE && !xmlIsBlankNode(i)) {
            guest_remark(g, REMARK_ERROR, place_of(i), NULL,
                         "text outside of any element");
        }
    }
    if (domain) {
        read_domain(g, domain);
        return;
    }
    if (!first) {
        guest_remark(g, REMARK_ERROR, (struct place){ .line = 1 }, NULL,
                     "there is no <domain> and no <interface>");
        return;
    }
    guest_remark(g, REMARK_NOTE, place_of(first), NULL,
                 "no <domain> around it: taken for an HVM guest's");
    read_list(g, root);
}

/*
 * The parser
 */

#if LIBXML_VERSION >= 21200
static void parse_error(void *user, const xmlError *e)
#else
static void parse_error(void *user, xmlError *e)
#endif
{
    xmlParserCtxt *parser = user;
    struct reading *r = parser->_private;
    const char *next = (const char *)parser->input->cur;
    g_autofree char *text = NULL;
    struct place at = { .line = (unsigned)MAX(e->line, 0),
                        .column = (unsigned)MAX(e->int2, 0) };

    if (e->level != XML_ERR_FATAL || r->failed) {
        return;
    }
    r->failed = true;
    if (at.line <= 1 && at.column > strlen(WRAP_OPEN)) {
        at.column -= (unsigned)strlen(WRAP_OPEN);
    }
    if (g_str_has_prefix(next, "!DOCTYPE") ||
        g_str_has_prefix(next, "<!DOCTYPE")) {
        guest_remark(r->g, REMARK_ERROR, at, NULL,
                     "a document type (<!DOCTYPE) is not allowed: libvirt "
                     "writes none, and it could name entities and files");
        return;
    }
    text = g_utf8_make_valid(e->message ? e->message : "", -1);
    /* Advice to a programmer */
    if (strstr(text, " use XML_PARSE_HUGE")) {
        *strstr(text, " use XML_PARSE_HUGE") = '\0';
    }
    guest_remark(r->g, REMARK_ERROR, at, NULL, "this is no XML: %s",
                 g_strstrip(text));
}

/* The place of a byte; columns are of characters */
static struct place place_at(const char *text, const char *p)
{
    struct place at = { .line = 1, .column = 1 };

    for (; text < p; text++) {
        if (*text == '\n') {
            at.line++;
            at.column = 1;
        } else {
            at.column += ((unsigned char)*text & 0xc0) != 0x80;
        }
    }
    return at;
}

/* Behind a piece of markup that @open begins and @close ends, or NULL */
static const char *skip(const char *p, const char *end, const char *open,
                        const char *close)
{
    size_t n = strlen(open);
    const char *stop;

    if ((size_t)(end - p) < n || memcmp(p, open, n) != 0) {
        return NULL;
    }
    stop = g_strstr_len(p + n, end - p - (gssize)n, close);
    return stop ? stop + strlen(close) : end;
}

/* The end of a tag: '>' counts between quotation marks no more than a blank */
static const char *tag_end(const char *p, const char *end)
{
    char quote = '\0';

    for (; p < end && (quote || *p != '>'); p++) {
        if (quote) {
            quote = *p == quote ? '\0' : quote;
        } else if (*p == '"' || *p == '\'') {
            quote = *p;
        }
    }
    return p;
}

/* A tag that is longer than anybody writes, or NULL */
static const char *long_tag(const char *text, const char *end)
{
    const char *p = text;

    while ((p = memchr(p, '<', (size_t)(end - p)))) {
        const char *next = skip(p, end, "<!--", "-->");

        next = next ? next : skip(p, end, "<![CDATA[", "]]>");
        next = next ? next : skip(p, end, "<?", "?>");
        if (!next) {
            next = tag_end(p, end);
            if (next - p > TAG_MAX_BYTES) {
                return p;
            }
        }
        p = next;
    }
    return NULL;
}

/* The namespace that is one too many, or NULL */
static const char *many_namespaces(const char *text, size_t len)
{
    const char *p = text;

    for (unsigned n = 0; n <= NAMESPACES_MAX; n++) {
        p = g_strstr_len(p, text + len - p, "xmlns");
        if (!p) {
            return NULL;
        }
        p += strlen("xmlns");
    }
    return p;
}

/* Whether a text may go to the parser; says why not */
static bool acceptable(struct guest *g, const char *text, size_t len)
{
    const char *bad;

    if (len > SIZE_MAX_BYTES) {
        guest_remark(g, REMARK_ERROR, (struct place){ 0 }, NULL,
                     "%zu bytes are more than a domain's XML may have: %d", len,
                     SIZE_MAX_BYTES);
        return false;
    }
    if (!g_utf8_validate(text, (gssize)len, &bad)) {
        guest_remark(g, REMARK_ERROR, place_at(text, bad), NULL,
                     "a byte 0x%02x that is no UTF-8 text",
                     (unsigned char)*bad);
        return false;
    }
    bad = long_tag(text, text + len);
    if (bad) {
        guest_remark(g, REMARK_ERROR, place_at(text, bad), NULL,
                     "a tag of more than %d bytes", TAG_MAX_BYTES);
        return false;
    }
    bad = many_namespaces(text, len);
    if (bad) {
        guest_remark(g, REMARK_ERROR, place_at(text, bad), NULL,
                     "more than %d namespaces", NAMESPACES_MAX);
        return false;
    }
    return true;
}

/* The text in our element, every line of it where it was */
static GString *wrap(const char *text, size_t len)
{
    GString *doc = g_string_new(WRAP_OPEN);
    size_t start = doc->len, bom = 0;
    const char *end;

    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        bom = 3;
    }
    g_string_append_len(doc, text + bom, (gssize)(len - bom));
    end = skip(doc->str + start, doc->str + doc->len, "<?xml ", "?>");
    for (char *p = doc->str + start; end && p < end; p++) {
        *p = *p == '\n' ? '\n' : ' ';
    }
    return g_string_append(doc, WRAP_CLOSE);
}

/* Parse and walk a text that is acceptable() */
static void read_text(struct reading *r, const char *text, size_t len)
{
    xmlParserCtxt *parser = xmlNewParserCtxt();
    GString *doc = wrap(text, len);
    xmlDoc *tree = NULL;

    if (parser) {
        parser->_private = r;
        parser->sax->serror = parse_error;
        tree = xmlCtxtReadMemory(parser, doc->str, (int)doc->len, NULL, "UTF-8",
                                 XML_PARSE_NONET | XML_PARSE_BIG_LINES |
                                     XML_PARSE_NOCDATA);
    }
    if (tree && !r->failed) {
        read_top(r->g, xmlDocGetRootElement(tree));
    } else if (!r->failed) {
        guest_remark(r->g, REMARK_ERROR, (struct place){ 0 }, NULL,
                     "there is no memory to read it");
    }
    xmlFreeDoc(tree);
    g_string_free(doc, TRUE);
    xmlFreeParserCtxt(parser);
}

struct guest *libvirt_read(const char *file, const char *text, size_t len)
{
    struct guest *g = guest_new(file, DIALECT_XL);
    struct reading r = { .g = g };

    g->kind = GUEST_HVM;
    if (acceptable(g, text, len)) {
        read_text(&r, text, len);
    }
    /* What concerns a whole interface was found at its end */
    remarks_sort(g->remarks);
    return g;
}
