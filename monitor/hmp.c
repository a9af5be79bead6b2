// SPDX-License-Identifier: MIT
/*
 * hmp.c - the human monitor: QMP's commands as words, and what "info" shows
 *
 * Most commands only turn words into the arguments of a QMP command, by that
 * command's own specification.  Answers are always text, errors included.
 */
#include <string.h>

#include "monitor/json.h"
#include "monitor/monitor.h"
#include "monitor/qmp.h"
#include "net/netdev.h"
#include "system/opts.h"

/**
 * struct hmp_command - One command
 * @name, @alias: @alias may be NULL
 * @params: For help
 * @help:  For help
 * @qmp:   QMP command it stands for, if @run is NULL
 * @run:   Writes its answer to @out, lines ending in "\n".  @words are those
 *         after the name
 */
struct hmp_command {
    const char *name, *alias, *params, *help, *qmp;
    void (*run)(GString *out, char **words);
};

/* Words and arguments */

/* One word; @p is advanced past it.  NULL at the end of the line */
static char *next_word(const char **p)
{
    GString *word;
    bool quoted = false;

    while (**p == ' ') {
        ++*p;
    }
    if (!**p) {
        return NULL;
    }
    word = g_string_new(NULL);
    for (; **p && (quoted || **p != ' '); ++*p) {
        if (**p == '"') {
            quoted = !quoted;
            continue;
        }
        if (quoted && **p == '\\' && (*p)[1]) {
            ++*p;
        }
        g_string_append_c(word, **p);
    }
    return g_string_free(word, FALSE);
}

static char **split_words(const char *line)
{
    GPtrArray *words = g_ptr_array_new();
    char *word;

    while ((word = next_word(&line))) {
        g_ptr_array_add(words, word);
    }
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}

static void print_error(GString *out, const GError *err)
{
    g_string_append_printf(out, "Error: %s\n", err->message);
}

/* What is wrong with the words given to @name; @what is a literal */
static void print_usage(GString *out, const char *name, const char *what)
{
    g_string_append_printf(out, "%s%s\nTry \"help %s\" for more information\n",
                           name, what, name);
}

/* Set argument @arg from @word; false if it is no such value */
static bool set_arg(JsonObject *args, const struct qmp_arg *arg,
                    const char *word)
{
    gint64 value;

    if (!strcmp(arg->type->name, "bool")) {
        json_object_set_boolean_member(args, arg->name, !strcmp(word, "on"));
        return !strcmp(word, "on") || !strcmp(word, "off");
    }
    if (!strcmp(arg->type->name, "int")) {
        if (!g_ascii_string_to_signed(word, 0, G_MININT64, G_MAXINT64, &value,
                                      NULL)) {
            return false;
        }
        json_object_set_int_member(args, arg->name, value);
        return true;
    }
    json_object_set_string_member(args, arg->name, word);
    return true;
}

/* Arguments of @cmd out of @words; NULL with an explanation in @out */
static JsonObject *words_to_args(GString *out, const char *name,
                                 const struct qmp_command *cmd, char **words)
{
    JsonObject *args = json_object_new();
    const char *spec = cmd->args;
    struct qmp_arg arg;

    while (qmp_next_arg(&spec, &arg)) {
        if (!*words && arg.optional) {
            continue;
        }
        if (!*words) {
            print_usage(out, name, ": string expected");
            goto fail;
        }
        if (!set_arg(args, &arg, *words)) {
            print_usage(out, name,
                        strcmp(arg.type->name, "bool")
                            ? ": integer expected"
                            : ": expected 'on' or 'off'");
            goto fail;
        }
        words++;
    }
    if (*words) {
        print_usage(out, name, ": extraneous characters at the end of line");
        goto fail;
    }
    return args;
fail:
    json_object_unref(args);
    return NULL;
}

/* The result of the QMP command @name, NULL with an explanation in @out */
static JsonNode *run_qmp(GString *out, const char *shown, const char *name,
                         char **words)
{
    const struct qmp_command *cmd = qmp_find(name);
    g_autoptr(JsonObject) args = words_to_args(out, shown, cmd, words);
    g_autoptr(GError) err = NULL;
    JsonNode *ret = NULL;

    if (args) {
        ret = qmp_run(cmd, NULL, args, &err);
        if (!ret) {
            print_error(out, err);
        }
    }
    return ret;
}

static void show_qmp(GString *out, const struct hmp_command *cmd, char **words)
{
    g_autoptr(JsonNode) ret = run_qmp(out, cmd->name, cmd->qmp, words);

    if (ret && strcmp(qmp_find(cmd->qmp)->gives, "nothing") != 0) {
        json_write(out, ret);
        g_string_append_c(out, '\n');
    }
}

/* Commands that take options as -device, -netdev and -object do */

static void add_by_options(GString *out, const char *name, char **words,
                           const char *implied,
                           bool (*add)(JsonObject *opts, GError **err))
{
    g_autoptr(JsonObject) opts = NULL;
    g_autoptr(GError) err = NULL;

    if (!words[0] || words[1]) {
        print_usage(out, name,
                    words[0] ? ": extraneous characters at the end of line"
                             : ": string expected");
        return;
    }
    opts = opts_parse(words[0], implied, &err);
    if (!opts || !add(opts, &err)) {
        print_error(out, err);
    }
}

static bool asks_help(char **words)
{
    return words[0] && (!strcmp(words[0], "help") || !strcmp(words[0], "?"));
}

static void print_devices(GString *out)
{
    g_string_append(out, "Network devices:\n");
    for (unsigned i = 0; nic_models[i]; i++) {
        const struct nic_model *m = nic_models[i];

        g_string_append_printf(out, "name \"%s\", bus %s", m->name,
                               m->pci ? "PCI" : "ISA");
        if (m->alias) {
            g_string_append_printf(out, ", alias \"%s\"", m->alias);
        }
        g_string_append_printf(out, ", desc \"%s\"\n", m->desc);
    }
}

/* "X,help": what properties X takes */
static void print_device_help(GString *out, const char *name)
{
    struct vm_prop p;

    for (unsigned i = 0; nic_models[i]; i++) {
        if (strcmp(nic_models[i]->name, name) != 0 &&
            g_strcmp0(nic_models[i]->alias, name) != 0) {
            continue;
        }
        g_string_append_printf(out, "%s options:\n", nic_models[i]->name);
        for (unsigned k = 0; vm_prop_at(nic_models[i], k, &p); k++) {
            g_autofree char *key = g_strdup_printf("%s=<%s>", p.name, p.type);

            g_string_append_printf(out, "  %-22s - %s", key,
                                   p.help ? p.help : "");
            if (p.def) {
                g_string_append_printf(out, " (default: %s)", p.def);
            }
            g_string_append_c(out, '\n');
        }
        return;
    }
    g_string_append_printf(out,
                           "Error: '%s' is not a valid device model name\n",
                           name);
}

static void device_add(GString *out, char **words)
{
    if (asks_help(words)) {
        print_devices(out);
    } else if (words[0] && (g_str_has_suffix(words[0], ",help") ||
                            g_str_has_suffix(words[0], ",?"))) {
        g_autofree char *name =
            g_strndup(words[0], (gsize)(strrchr(words[0], ',') - words[0]));

        print_device_help(out, name);
    } else {
        add_by_options(out, "device_add", words, "driver", vm_device_add);
    }
}

static void netdev_add(GString *out, char **words)
{
    if (!asks_help(words)) {
        add_by_options(out, "netdev_add", words, "type", vm_netdev_add);
        return;
    }
    g_string_append(out, "Available netdev backend types:\n");
    for (unsigned i = 0; netdev_types[i]; i++) {
        g_string_append_printf(out, "%s\n", netdev_types[i]->name);
    }
}

/* Types that can be made and are of a kind */
static void print_types(GString *out, const char *kind)
{
    g_autoptr(JsonObject) args = json_object_new();
    g_autoptr(JsonNode) ret = NULL;
    JsonArray *list;

    json_object_set_string_member(args, "implements", kind);
    ret = qom_list_types(NULL, args, NULL);
    list = json_node_get_array(ret);
    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *o = json_array_get_object_element(list, i);

        g_string_append_printf(out, "  %s\n",
                               json_object_get_string_member(o, "name"));
    }
}

static void object_add(GString *out, char **words)
{
    if (!asks_help(words)) {
        add_by_options(out, "object_add", words, "qom-type", vm_object_add);
        return;
    }
    g_string_append(out, "List of user creatable objects:\n");
    print_types(out, "netfilter");
    print_types(out, "memory-backend");
}

/* What people read better than JSON */

static void print_qom_list(GString *out, char **words)
{
    g_autoptr(JsonNode) ret = run_qmp(out, "qom-list", "qom-list", words);
    JsonArray *list = ret ? json_node_get_array(ret) : NULL;

    for (guint i = 0; list && i < json_array_get_length(list); i++) {
        JsonObject *o = json_array_get_object_element(list, i);

        g_string_append_printf(out, "%s (%s)\n",
                               json_object_get_string_member(o, "name"),
                               json_object_get_string_member(o, "type"));
    }
}

static void print_registers(GString *out, char **words)
{
    g_autoptr(JsonNode) ret =
        run_qmp(out, "x-vifemu-registers", "x-vifemu-registers", words);
    JsonArray *list =
        ret ? json_object_get_array_member(json_node_get_object(ret),
                                           "registers")
            : NULL;

    for (guint i = 0; list && i < json_array_get_length(list); i++) {
        JsonObject *o = json_array_get_object_element(list, i);
        g_autofree char *index =
            json_object_has_member(o, "index")
                ? g_strdup_printf("[%" G_GINT64_FORMAT "]",
                                  json_object_get_int_member(o, "index"))
                : g_strdup("");
        g_autofree char *name =
            g_strconcat(json_object_get_string_member(o, "name"), index, NULL);

        g_string_append_printf(
            out, "%-7s %-12s 0x%08" G_GINT64_MODIFIER "x  %s\n",
            json_object_get_string_member(o, "file"), name,
            (guint64)json_object_get_int_member(o, "value"),
            json_object_get_string_member_with_default(o, "title", ""));
    }
}

/* "name=count" of every integer of an object */
static void print_counts(GString *out, JsonObject *o)
{
    JsonObjectIter it;
    const char *name;
    JsonNode *value;

    json_object_iter_init_ordered(&it, o);
    while (json_object_iter_next_ordered(&it, &name, &value)) {
        if (JSON_NODE_HOLDS_VALUE(value) &&
            json_node_get_value_type(value) == G_TYPE_INT64) {
            g_string_append_printf(out, " %s=%" G_GINT64_FORMAT, name,
                                   json_node_get_int(value));
        }
    }
    g_string_append_c(out, '\n');
}

static void print_nic_counters(GString *out, JsonObject *nic)
{
    JsonArray *events = json_object_get_array_member(nic, "events");

    g_string_append_printf(out, "%s (%s):",
                           json_object_get_string_member(nic, "name"),
                           json_object_get_string_member(nic, "model"));
    print_counts(out, nic);
    g_string_append(out, "  port:");
    print_counts(out, json_object_get_object_member(nic, "port"));
    for (guint i = 0; i < json_array_get_length(events); i++) {
        JsonObject *e = json_array_get_object_element(events, i);

        g_string_append_printf(out, "  %s=%" G_GINT64_FORMAT "  %s\n",
                               json_object_get_string_member(e, "name"),
                               json_object_get_int_member(e, "count"),
                               json_object_get_string_member(e, "text"));
    }
}

static void print_counters(GString *out, char **words)
{
    g_autoptr(JsonNode) ret =
        run_qmp(out, "x-vifemu-counters", "x-vifemu-counters", words);
    JsonObject *o = ret ? json_node_get_object(ret) : NULL;
    JsonArray *list = o ? json_object_get_array_member(o, "nics") : NULL;

    for (guint i = 0; list && i < json_array_get_length(list); i++) {
        print_nic_counters(out, json_array_get_object_element(list, i));
    }
    list = o ? json_object_get_array_member(o, "netdevs") : NULL;
    for (guint i = 0; list && i < json_array_get_length(list); i++) {
        JsonObject *nd = json_array_get_object_element(list, i);

        g_string_append_printf(out, "%s (%s):",
                               json_object_get_string_member(nd, "id"),
                               json_object_get_string_member(nd, "type"));
        print_counts(out, nd);
    }
}

/* info */

static void info_version(GString *out, char **words)
{
    g_string_append_printf(out, "%d.%d.%d (vifemu " VIFEMU_VERSION ")\n",
                           QMP_MAJOR, QMP_MINOR, QMP_MICRO);
}

static void info_status(GString *out, char **words)
{
    const char *status = qmp_status();

    g_string_append_printf(out, "VM status: %s\n",
                           strcmp(status, "prelaunch") ? status
                                                       : "paused (prelaunch)");
}

static void info_name(GString *out, char **words)
{
    if (vm_name()) {
        g_string_append_printf(out, "%s\n", vm_name());
    }
}

static void info_uuid(GString *out, char **words)
{
    g_string_append(out, "00000000-0000-0000-0000-000000000000\n");
}

static void info_kvm(GString *out, char **words)
{
    g_string_append(out, "kvm support: not compiled\n");
}

static void info_cpus(GString *out, char **words)
{
    g_string_append(out, "No CPU\n");
}

static void info_chardev(GString *out, char **words)
{
    g_autoptr(JsonArray) list = qmp_chardevs();

    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *o = json_array_get_object_element(list, i);

        g_string_append_printf(out, "%s: filename=%s\n",
                               json_object_get_string_member(o, "label"),
                               json_object_get_string_member(o, "filename"));
    }
}

static void print_netdev(GString *out, const char *indent, struct netdev *nd)
{
    g_autofree char *info = nd->ops->info ? nd->ops->info(nd) : NULL;

    g_string_append_printf(out, "%s%s: index=0,type=%s%s%s\n", indent, nd->id,
                           nd->ops->name, info && *info ? "," : "",
                           info ? info : "");
}

static void info_network(GString *out, char **words)
{
    const char *heading = "filters:\n";
    struct vm_object object;
    struct netdev *nd;
    struct vm_nic nic;

    for (unsigned i = 0; vm_nic_at(i, &nic); i++) {
        const uint8_t *mac = nic.nic->mac;

        g_string_append_printf(out,
                               "%s: index=0,type=nic,model=%s,"
                               "macaddr=%02x:%02x:%02x:%02x:%02x:%02x\n",
                               nic.id ? nic.id : nic.path, nic.nic->model->name,
                               mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
        for (unsigned k = 0; nic.netdev && (nd = vm_netdev_at(k)); k++) {
            if (!strcmp(nd->id, nic.netdev)) {
                print_netdev(out, " \\ ", nd);
            }
        }
    }
    for (unsigned i = 0; (nd = vm_netdev_at(i)); i++) {
        if (!nd->peer) {
            print_netdev(out, "", nd);
        }
    }
    for (unsigned i = 0; vm_object_at(i, &object); i++) {
        if (g_str_has_prefix(object.type, "filter-")) {
            g_string_append_printf(out, "%s  - %s: type=%s%s%s\n", heading,
                                   object.id, object.type,
                                   object.info ? "," : "",
                                   object.info ? object.info : "");
            heading = "";
        }
    }
}

static gint64 int_of(JsonObject *o, const char *name)
{
    return json_object_get_int_member_with_default(o, name, 0);
}

static void print_region(GString *out, JsonObject *r)
{
    bool io =
        !g_strcmp0(json_object_get_string_member_with_default(r, "type", NULL),
                   "io");
    gint64 at = int_of(r, "address"), size = int_of(r, "size");

    g_string_append_printf(out, "      BAR%" G_GINT64_FORMAT ": %s ",
                           int_of(r, "bar"), io ? "I/O" : "32 bit memory");
    if (at < 0) {
        g_string_append_printf(out,
                               "unmapped, size 0x%" G_GINT64_MODIFIER "x.\n",
                               (guint64)size);
    } else {
        g_string_append_printf(out,
                               "at 0x%0*" G_GINT64_MODIFIER
                               "x [0x%0*" G_GINT64_MODIFIER "x].\n",
                               io ? 4 : 8, (guint64)at, io ? 4 : 8,
                               (guint64)(at + size - 1));
    }
}

static void print_function(GString *out, JsonObject *f)
{
    JsonObject *class = json_object_get_object_member(f, "class_info");
    JsonObject *id = json_object_get_object_member(f, "id");
    JsonArray *regions = json_object_get_array_member(f, "regions");
    gint64 pin = int_of(f, "irq_pin");

    g_string_append_printf(out, "  Bus %2d, device %3d, function %d:\n",
                           (int)int_of(f, "bus"), (int)int_of(f, "slot"),
                           (int)int_of(f, "function"));
    g_string_append_printf(
        out, "    %s: PCI device %04x:%04x\n",
        json_object_get_string_member_with_default(class, "desc", "Device"),
        (unsigned)int_of(id, "vendor"), (unsigned)int_of(id, "device"));
    g_string_append_printf(out, "      PCI subsystem %04x:%04x\n",
                           (unsigned)int_of(id, "subsystem-vendor"),
                           (unsigned)int_of(id, "subsystem"));
    if (pin) {
        g_string_append_printf(out, "      IRQ %d, pin %c\n",
                               (int)int_of(f, "irq"), (char)('A' + pin - 1));
    }
    for (guint i = 0; i < json_array_get_length(regions); i++) {
        print_region(out, json_array_get_object_element(regions, i));
    }
    g_string_append_printf(out, "      id \"%s\"\n",
                           json_object_get_string_member_with_default(f,
                                                                      "qdev_id",
                                                                      ""));
}

static void info_pci(GString *out, char **words)
{
    g_autoptr(JsonNode) node = vm_query_pci();
    JsonArray *buses = json_node_get_array(node);

    for (guint i = 0; i < json_array_get_length(buses); i++) {
        JsonArray *list = json_object_get_array_member(
            json_array_get_object_element(buses, i), "devices");

        for (guint k = 0; k < json_array_get_length(list); k++) {
            print_function(out, json_array_get_object_element(list, k));
        }
    }
}

static void print_identity(GString *out, const struct vm_nic *nic, int indent)
{
    const struct nic_pci *pci = nic->nic->model->pci;

    if (pci) {
        g_string_append_printf(
            out,
            "%*sclass Ethernet controller, addr %02x:%02x.%x, "
            "pci id %04x:%04x (sub %04x:%04x)\n",
            indent, "", nic->bus, nic->slot, nic->function, pci->vendor,
            pci->device, pci->subsystem_vendor, pci->subsystem);
    }
}

static void print_device(GString *out, const struct vm_nic *nic, int indent)
{
    struct vm_prop p;

    g_string_append_printf(out, "%*sdev: %s, id \"%s\"\n", indent, "",
                           nic->nic->model->name, nic->id ? nic->id : "");
    indent += 2;
    for (unsigned i = 0; vm_prop_at(nic->nic->model, i, &p); i++) {
        g_autoptr(JsonNode) value = vm_nic_prop(nic, p.name);

        if (value) {
            g_string_append_printf(out, "%*s%s = ", indent, "", p.name);
            json_write(out, value);
            g_string_append_c(out, '\n');
        }
    }
    print_identity(out, nic, indent);
}

/* A bus, the device that it belongs to, and the NICs on it */
static void print_bus(GString *out, const char *host, bool isa, int indent)
{
    struct vm_nic nic;

    g_string_append_printf(out, "%*sdev: %s, id \"\"\n", indent, "", host);
    g_string_append_printf(out, "%*sbus: %s.0\n", indent + 2, "",
                           isa ? "isa" : "pci");
    g_string_append_printf(out, "%*stype %s\n", indent + 4, "",
                           isa ? "ISA" : "PCI");
    for (unsigned i = 0; vm_nic_at(i, &nic); i++) {
        if (isa == (nic.nic->model->isa != NULL)) {
            print_device(out, &nic, indent + 4);
        }
    }
}

static void info_qtree(GString *out, char **words)
{
    g_string_append(out, "bus: main-system-bus\n  type System\n");
    if (!strcmp(vm_machine_name(), "pc")) {
        print_bus(out, "i440FX-pcihost", false, 2);
        print_bus(out, "PIIX3", true, 6);
    } else if (!strcmp(vm_machine_name(), "isapc")) {
        print_bus(out, "isabus-bridge", true, 2);
    }
}

static void info_qom_tree(GString *out, char **words)
{
    qom_tree_text(out);
}

static void info_mtree(GString *out, char **words)
{
    g_autofree char *text = vm_info_mtree();

    g_string_append(out, text);
}

/* help */

static const struct hmp_command *find(const struct hmp_command *list,
                                      const char *name)
{
    for (; list->name; list++) {
        if (!strcmp(list->name, name) || !g_strcmp0(list->alias, name)) {
            return list;
        }
    }
    return NULL;
}

static void print_help(GString *out, const char *prefix,
                       const struct hmp_command *cmd)
{
    g_string_append_printf(out, "%s%s%s%s %s -- %s\n", prefix, cmd->name,
                           cmd->alias ? "|" : "", cmd->alias ? cmd->alias : "",
                           cmd->params, cmd->help);
}

static void help(GString *out, char **words);
static void info(GString *out, char **words);

static const struct hmp_command info_commands[] = {
    { "chardev", NULL, "", "show the character devices", NULL, info_chardev },
    { "cpus", NULL, "", "show that there is no CPU", NULL, info_cpus },
    { "kvm", NULL, "", "show that there is no KVM", NULL, info_kvm },
    { "mtree", NULL, "", "show what is where in memory and I/O space", NULL,
      info_mtree },
    { "name", NULL, "", "show what -name gave", NULL, info_name },
    { "network", NULL, "", "show NICs, netdevs and filters", NULL,
      info_network },
    { "pci", NULL, "", "show the PCI functions", NULL, info_pci },
    { "qom-tree", NULL, "", "show the objects", NULL, info_qom_tree },
    { "qtree", NULL, "", "show the devices and their properties", NULL,
      info_qtree },
    { "status", NULL, "", "show whether the machine runs", NULL, info_status },
    { "uuid", NULL, "", "show the UUID", NULL, info_uuid },
    { "version", NULL, "", "show the version", NULL, info_version },
    { NULL },
};

static const struct hmp_command hmp_commands[] = {
    { "cont", "c", "", "let the machine run", "cont", NULL },
    { "device_add", NULL, "driver[,prop=value][,...]|help", "plug a device",
      NULL, device_add },
    { "device_del", NULL, "device", "unplug a device", "device_del", NULL },
    { "help", "?", "[cmd]", "show the help", NULL, help },
    { "info", NULL, "[subcommand]", "show various information", NULL, info },
    { "netdev_add", NULL, "type,id=str[,prop=value][,...]|help",
      "make a network backend", NULL, netdev_add },
    { "netdev_del", NULL, "id", "remove a network backend", "netdev_del",
      NULL },
    { "object_add", NULL, "type,id=str[,prop=value][,...]|help",
      "make an object", NULL, object_add },
    { "object_del", NULL, "id", "remove an object", "object-del", NULL },
    { "qom-get", NULL, "path property", "show a property", "qom-get", NULL },
    { "qom-list", NULL, "path", "list properties and children", NULL,
      print_qom_list },
    { "quit", "q", "", "end the process", "quit", NULL },
    { "set_link", NULL, "name on|off", "plug or pull a cable", "set_link",
      NULL },
    { "stop", "s", "", "halt the machine", "stop", NULL },
    { "system_reset", NULL, "", "reset the machine", "system_reset", NULL },
    { "x-vifemu-counters", NULL, "", "show what was counted", NULL,
      print_counters },
    { "x-vifemu-registers", NULL, "name [file]", "show a NIC's registers", NULL,
      print_registers },
    { "x-vifemu-trace", NULL, "on|off", "switch the trace of all NICs",
      "x-vifemu-trace", NULL },
    { NULL },
};

static void help(GString *out, char **words)
{
    bool info = words[0] && !strcmp(words[0], "info");
    const struct hmp_command *list = info ? info_commands : hmp_commands;
    const char *name = info ? words[1] : words[0];
    const struct hmp_command *cmd = name ? find(list, name) : NULL;

    if (name && !cmd) {
        g_string_append_printf(out, "unknown command: '%s%s'\n",
                               info ? "info " : "", name);
        return;
    }
    if (cmd) {
        print_help(out, info ? "info " : "", cmd);
        return;
    }
    for (; list->name; list++) {
        print_help(out, info ? "info " : "", list);
    }
}

static void run_command(GString *out, const struct hmp_command *cmd,
                        char **words)
{
    if (cmd->run) {
        cmd->run(out, words);
    } else {
        show_qmp(out, cmd, words);
    }
}

static void info(GString *out, char **words)
{
    static char word[] = "info";
    const struct hmp_command *cmd =
        words[0] ? find(info_commands, words[0]) : NULL;

    if (cmd) {
        run_command(out, cmd, words + 1);
    } else if (words[0]) {
        g_string_append_printf(out, "unknown command: 'info %s'\n", words[0]);
    } else {
        help(out, (char *[]){ word, NULL });
    }
}

char *hmp_command(const char *line)
{
    g_auto(GStrv) words = split_words(line);
    g_autoptr(GString) out = g_string_new(NULL);
    const struct hmp_command *cmd =
        words[0] ? find(hmp_commands, words[0]) : NULL;

    if (cmd) {
        run_command(out, cmd, words + 1);
    } else if (words[0]) {
        g_string_append_printf(out, "unknown command: '%s'\n", words[0]);
    }
    g_string_replace(out, "\n", "\r\n", 0);
    return g_string_free(g_steal_pointer(&out), FALSE);
}
