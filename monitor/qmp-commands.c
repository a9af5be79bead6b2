// SPDX-License-Identifier: MIT
/*
 * qmp-commands.c - the commands of QMP, their arguments, and what lists them
 *
 * One row per command.  The row's argument specification is what arguments are
 * checked against, what query-qmp-schema tells, and what docs/qmp.md is made
 * from, so that the three cannot disagree.
 */
#include <string.h>

#include "monitor/json.h"
#include "monitor/monitor.h"
#include "monitor/qmp.h"
#include "system/opts.h"

JsonNode *qmp_object(JsonObject *object)
{
    JsonNode *node = json_node_init_object(json_node_alloc(), NULL);

    json_node_take_object(node, object);
    return node;
}

JsonNode *qmp_list(JsonArray *array)
{
    JsonNode *node = json_node_init_array(json_node_alloc(), NULL);

    json_node_take_array(node, array);
    return node;
}

JsonNode *qmp_text(const char *text)
{
    return json_node_init_string(json_node_alloc(), text);
}

JsonNode *qmp_nothing(void)
{
    return qmp_object(json_object_new());
}

/* Arguments */

static bool holds_type(JsonNode *node, GType type)
{
    return JSON_NODE_HOLDS_VALUE(node) &&
           json_node_get_value_type(node) == type;
}

static bool holds_str(JsonNode *node)
{
    return holds_type(node, G_TYPE_STRING);
}

static bool holds_bool(JsonNode *node)
{
    return holds_type(node, G_TYPE_BOOLEAN);
}

static bool holds_int(JsonNode *node)
{
    return holds_type(node, G_TYPE_INT64);
}

static bool holds_list(JsonNode *node)
{
    return JSON_NODE_HOLDS_ARRAY(node);
}

static bool holds_any(JsonNode *node)
{
    return true;
}

const struct qmp_arg_type qmp_arg_types[] = {
    { "str", "str", "string", holds_str },
    { "bool", "bool", "boolean", holds_bool },
    { "int", "int", "integer", holds_int },
    { "list", "[str]", "array", holds_list },
    { "any", "any", "any", holds_any },
    { NULL },
};

bool qmp_next_arg(const char **spec, struct qmp_arg *arg)
{
    const char *p = *spec + strspn(*spec, " ");
    size_t name = strcspn(p, ":"), type;

    if (!p[name]) {
        return false;
    }
    g_strlcpy(arg->name, p, MIN(name + 1, sizeof(arg->name)));
    p += name + 1;
    type = strcspn(p, " ?");
    arg->type = qmp_arg_types;
    while (arg->type->name && (strlen(arg->type->name) != type ||
                               strncmp(arg->type->name, p, type) != 0)) {
        arg->type++;
    }
    arg->optional = p[type] == '?';
    *spec = p + type + arg->optional;
    return true;
}

/* Whether the specification names @name */
static bool has_arg(const char *spec, const char *name)
{
    struct qmp_arg arg;

    while (qmp_next_arg(&spec, &arg)) {
        if (!strcmp(arg.name, name)) {
            return true;
        }
    }
    return false;
}

static bool is_open(const char *spec)
{
    return g_str_has_suffix(spec, "...");
}

static bool check_args(const char *spec, JsonObject *args, GError **err)
{
    const char *rest = spec, *name;
    struct qmp_arg arg;
    JsonObjectIter it;
    JsonNode *value;

    while (qmp_next_arg(&rest, &arg)) {
        value = json_object_get_member(args, arg.name);
        if (!value && !arg.optional) {
            return vm_fail(err, "Parameter '%s' is missing", arg.name);
        }
        if (value && !arg.type->holds(value)) {
            return vm_fail(err, "Invalid parameter type for '%s', expected: %s",
                           arg.name, arg.type->qemu);
        }
    }
    json_object_iter_init_ordered(&it, args);
    while (!is_open(spec) &&
           json_object_iter_next_ordered(&it, &name, &value)) {
        if (!has_arg(spec, name)) {
            return vm_fail(err, "Parameter '%s' is unexpected", name);
        }
    }
    return true;
}

JsonNode *qmp_run(const struct qmp_command *cmd, struct qmp_session *s,
                  JsonObject *args, GError **err)
{
    g_autoptr(JsonObject) none = json_object_new();

    args = args ? args : none;
    return check_args(cmd->args, args, err) ? cmd->run(s, args, err) : NULL;
}

static const char *arg_str(JsonObject *args, const char *name)
{
    return json_object_get_string_member_with_default(args, name, NULL);
}

/* What a function of vm.h that may fail comes to as a reply */
static JsonNode *done(bool ok)
{
    return ok ? qmp_nothing() : NULL;
}

/* The session and the process */

static JsonNode *qmp_capabilities(struct qmp_session *s, JsonObject *args,
                                  GError **err)
{
    JsonArray *enable = json_object_has_member(args, "enable")
                            ? json_object_get_array_member(args, "enable")
                            : NULL;
    JsonNode *first;

    if (enable && json_array_get_length(enable)) {
        first = json_array_get_element(enable, 0);
        if (holds_str(first)) {
            vm_fail(err,
                    "Parameter 'enable' does not accept value '%s': this "
                    "server offers no capabilities",
                    json_node_get_string(first));
        } else {
            vm_fail(err, "Invalid parameter type for 'enable[0]', expected: "
                         "string");
        }
        return NULL;
    }
    return done(qmp_negotiate(s, err));
}

static JsonNode *quit(struct qmp_session *s, JsonObject *args, GError **err)
{
    vm_quit();
    return qmp_nothing();
}

static JsonNode *getfd(struct qmp_session *s, JsonObject *args, GError **err)
{
    return done(qmp_getfd(s, arg_str(args, "fdname"), err));
}

static JsonNode *closefd(struct qmp_session *s, JsonObject *args, GError **err)
{
    return done(qmp_closefd(arg_str(args, "fdname"), err));
}

static JsonNode *human_monitor_command(struct qmp_session *s, JsonObject *args,
                                       GError **err)
{
    g_autofree char *text = NULL;

    if (json_object_has_member(args, "cpu-index")) {
        vm_fail(err, "Parameter 'cpu-index' expects a CPU number: this machine "
                     "has no CPU");
        return NULL;
    }
    text = hmp_command(arg_str(args, "command-line"));
    return qmp_text(text);
}

static JsonNode *query_version(struct qmp_session *s, JsonObject *args,
                               GError **err)
{
    JsonObject *o = json_object_new(), *v = json_object_new();

    json_object_set_int_member(v, "micro", QMP_MICRO);
    json_object_set_int_member(v, "minor", QMP_MINOR);
    json_object_set_int_member(v, "major", QMP_MAJOR);
    json_object_set_object_member(o, "qemu", v);
    json_object_set_string_member(o, "package", "vifemu " VIFEMU_VERSION);
    return qmp_object(o);
}

static JsonNode *query_commands(struct qmp_session *s, JsonObject *args,
                                GError **err)
{
    JsonArray *list = json_array_new();

    for (const struct qmp_command *c = qmp_commands; c->name; c++) {
        JsonObject *o = json_object_new();

        json_object_set_string_member(o, "name", c->name);
        json_array_add_object_element(list, o);
    }
    return qmp_list(list);
}

static JsonNode *query_chardev(struct qmp_session *s, JsonObject *args,
                               GError **err)
{
    return qmp_list(qmp_chardevs());
}

/* The machine */

static bool launched;

const char *qmp_status(void)
{
    launched |= vm_is_running();
    return vm_is_running() ? "running" : launched ? "paused" : "prelaunch";
}

static JsonNode *query_status(struct qmp_session *s, JsonObject *args,
                              GError **err)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "status", qmp_status());
    json_object_set_boolean_member(o, "singlestep", FALSE);
    json_object_set_boolean_member(o, "running", vm_is_running());
    return qmp_object(o);
}

static JsonNode *stop(struct qmp_session *s, JsonObject *args, GError **err)
{
    launched |= vm_is_running();
    vm_stop();
    return qmp_nothing();
}

static JsonNode *cont(struct qmp_session *s, JsonObject *args, GError **err)
{
    launched = true;
    vm_cont();
    return qmp_nothing();
}

static JsonNode *system_reset(struct qmp_session *s, JsonObject *args,
                              GError **err)
{
    vm_system_reset();
    return qmp_nothing();
}

static JsonNode *query_name(struct qmp_session *s, JsonObject *args,
                            GError **err)
{
    JsonObject *o = json_object_new();

    if (vm_name()) {
        json_object_set_string_member(o, "name", vm_name());
    }
    return qmp_object(o);
}

static JsonNode *query_uuid(struct qmp_session *s, JsonObject *args,
                            GError **err)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "UUID",
                                  "00000000-0000-0000-0000-000000000000");
    return qmp_object(o);
}

static JsonNode *query_kvm(struct qmp_session *s, JsonObject *args,
                           GError **err)
{
    JsonObject *o = json_object_new();

    json_object_set_boolean_member(o, "enabled", FALSE);
    json_object_set_boolean_member(o, "present", FALSE);
    return qmp_object(o);
}

static JsonNode *query_cpus_fast(struct qmp_session *s, JsonObject *args,
                                 GError **err)
{
    return qmp_list(json_array_new());
}

static JsonNode *query_target(struct qmp_session *s, JsonObject *args,
                              GError **err)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "arch", "x86_64");
    return qmp_object(o);
}

static void add_machine(JsonArray *list, const char *name, const char *alias)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "name", name);
    if (alias) {
        json_object_set_string_member(o, "alias", alias);
        json_object_set_boolean_member(o, "is-default", TRUE);
    }
    json_object_set_int_member(o, "cpu-max", 1);
    json_object_set_boolean_member(o, "hotpluggable-cpus", FALSE);
    json_object_set_boolean_member(o, "numa-mem-supported", FALSE);
    json_object_set_boolean_member(o, "deprecated", FALSE);
    json_array_add_object_element(list, o);
}

static JsonNode *query_machines(struct qmp_session *s, JsonObject *args,
                                GError **err)
{
    JsonArray *list = json_array_new();

    add_machine(list, "pc-i440fx-7.2", "pc");
    add_machine(list, "isapc", NULL);
    add_machine(list, "none", NULL);
    return qmp_list(list);
}

static JsonNode *query_vifs(struct qmp_session *s, JsonObject *args,
                            GError **err)
{
    return vm_query_vifs();
}

static JsonNode *query_pci(struct qmp_session *s, JsonObject *args,
                           GError **err)
{
    return vm_query_pci();
}

/* Devices, netdevs and objects */

/* Hand the arguments on in the form the command line has them */
static JsonNode *add_by_options(JsonObject *args,
                                bool (*add)(JsonObject *opts, GError **err),
                                GError **err)
{
    g_autoptr(JsonObject) opts = opts_flatten(args, err);

    return done(opts && add(opts, err));
}

static JsonNode *device_add(struct qmp_session *s, JsonObject *args,
                            GError **err)
{
    return add_by_options(args, vm_device_add, err);
}

static JsonNode *device_del(struct qmp_session *s, JsonObject *args,
                            GError **err)
{
    return done(vm_device_del(arg_str(args, "id"), err));
}

static JsonNode *netdev_add(struct qmp_session *s, JsonObject *args,
                            GError **err)
{
    return add_by_options(args, vm_netdev_add, err);
}

static JsonNode *netdev_del(struct qmp_session *s, JsonObject *args,
                            GError **err)
{
    return done(vm_netdev_del(arg_str(args, "id"), err));
}

static JsonNode *object_add(struct qmp_session *s, JsonObject *args,
                            GError **err)
{
    return add_by_options(args, vm_object_add, err);
}

static JsonNode *object_del(struct qmp_session *s, JsonObject *args,
                            GError **err)
{
    return done(vm_object_del(arg_str(args, "id"), err));
}

static JsonNode *set_link(struct qmp_session *s, JsonObject *args, GError **err)
{
    return done(vm_set_link(arg_str(args, "name"),
                            json_object_get_boolean_member(args, "up"), err));
}

/* The schema */

static void schema_add(JsonArray *list, JsonObject *o, const char *name,
                       const char *meta)
{
    json_object_set_string_member(o, "name", name);
    json_object_set_string_member(o, "meta-type", meta);
    json_array_add_object_element(list, o);
}

static void schema_builtin(JsonArray *list, const char *name,
                           const char *json_type)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "json-type", json_type);
    schema_add(list, o, name, "builtin");
}

/* An object type with the members that @spec names */
static void schema_object(JsonArray *list, const char *name, const char *spec)
{
    JsonObject *o = json_object_new();
    JsonArray *members = json_array_new();
    struct qmp_arg arg;

    while (qmp_next_arg(&spec, &arg)) {
        JsonObject *m = json_object_new();

        json_object_set_string_member(m, "name", arg.name);
        json_object_set_string_member(m, "type", arg.type->schema);
        if (arg.optional) {
            json_object_set_null_member(m, "default");
        }
        json_array_add_object_element(members, m);
    }
    json_object_set_array_member(o, "members", members);
    schema_add(list, o, name, "object");
}

/*
 * Types are numbered by their command or event.  What commands return is
 * described no further than "any" where it is more than nothing.
 */
static JsonNode *query_qmp_schema(struct qmp_session *s, JsonObject *args,
                                  GError **err)
{
    JsonArray *list = json_array_new();
    JsonObject *strings = json_object_new();

    schema_builtin(list, "str", "string");
    schema_builtin(list, "bool", "boolean");
    schema_builtin(list, "int", "int");
    schema_builtin(list, "any", "value");
    json_object_set_string_member(strings, "element-type", "str");
    schema_add(list, strings, "[str]", "array");
    schema_object(list, "nothing", "");
    for (const struct qmp_command *c = qmp_commands; c->name; c++) {
        g_autofree char *type = g_strdup_printf("%d", (int)(c - qmp_commands));
        JsonObject *o = json_object_new();
        bool nothing = !strcmp(c->gives, "nothing");

        schema_object(list, type, c->args);
        json_object_set_string_member(o, "arg-type", type);
        json_object_set_string_member(o, "ret-type",
                                      nothing ? "nothing" : "any");
        json_object_set_boolean_member(o, "allow-oob", FALSE);
        schema_add(list, o, c->name, "command");
    }
    for (const struct qmp_event *e = qmp_events; e->name; e++) {
        g_autofree char *type = g_strdup_printf("e%d", (int)(e - qmp_events));
        JsonObject *o = json_object_new();

        schema_object(list, type, e->data);
        json_object_set_string_member(o, "arg-type", type);
        schema_add(list, o, e->name, "event");
    }
    return qmp_list(list);
}

static JsonNode *x_vifemu_accel(struct qmp_session *s, JsonObject *args,
                                GError **err)
{
    return qmp_object(vm_accel_counters());
}

static JsonNode *xen_set_global_dirty_log(struct qmp_session *s,
                                          JsonObject *args, GError **err)
{
    bool on = json_object_get_boolean_member(args, "enable");

    return done(vm_dirty_log(on, err));
}

static JsonNode *xen_save_devices_state(struct qmp_session *s, JsonObject *args,
                                        GError **err)
{
    vm_stop();
    return done(vm_save_devices(arg_str(args, "filename"), err));
}

const struct qmp_command qmp_commands[] = {
    { "closefd", "fdname:str", "nothing", closefd,
      "Closes a descriptor that getfd named." },
    { "cont", "", "nothing", cont,
      "Lets the machine run; event RESUME if it did not." },
    { "device-list-properties", "typename:str", "list", device_list_properties,
      "The properties that device_add takes for a device." },
    { "device_add", "driver:str id:str? bus:str? ...", "nothing", device_add,
      "Plugs a device; the other members are its properties." },
    { "device_del", "id:str", "nothing", device_del,
      "Asks the guest to let a device go; event DEVICE_DELETED when it is "
      "gone, at the latest with a reset. With -accel xen it is gone at once, "
      "and nobody asks." },
    { "getfd", "fdname:str", "nothing", getfd,
      "Names the oldest descriptor received as SCM_RIGHTS, for a netdev's "
      "`fd`." },
    { "human-monitor-command", "command-line:str cpu-index:int?", "text",
      human_monitor_command, "Runs a command of the human monitor." },
    { "netdev_add", "type:str id:str ...", "nothing", netdev_add,
      "Makes a network backend; the other members are its options." },
    { "netdev_del", "id:str", "nothing", netdev_del,
      "Removes a network backend and its filters." },
    { "object-add", "qom-type:str id:str size:int? ...", "nothing", object_add,
      "Makes an object, such as filter-dump." },
    { "object-del", "id:str", "nothing", object_del, "Removes an object." },
    { "qmp_capabilities", "enable:list?", "nothing", qmp_capabilities,
      "Ends the negotiation; there are no capabilities to enable." },
    { "qom-get", "path:str property:str", "any", qom_get,
      "The value of a property." },
    { "qom-list", "path:str", "list", qom_list,
      "The properties and children of an object." },
    { "qom-list-properties", "typename:str", "list", qom_list_properties,
      "The properties of a type." },
    { "qom-list-types", "implements:str? abstract:bool?", "list",
      qom_list_types, "The types that there are." },
    { "qom-set", "path:str property:str value:any", "nothing", qom_set,
      "Always an error: devices take their properties when they are made." },
    { "query-chardev", "", "list", query_chardev,
      "The character devices: the monitors' connections." },
    { "query-commands", "", "list", query_commands, "The names below." },
    { "query-cpus-fast", "", "list", query_cpus_fast,
      "No CPU, as there is none." },
    { "query-kvm", "", "object", query_kvm, "No KVM, as there is no CPU." },
    { "query-machines", "", "list", query_machines, "What -machine takes." },
    { "query-name", "", "object", query_name, "What -name gave." },
    { "query-pci", "", "list", query_pci, "The PCI bus and its functions." },
    { "query-qmp-schema", "", "list", query_qmp_schema,
      "Commands and arguments in QEMU's schema language; results are `any`." },
    { "query-rx-filter", "name:str?", "list", query_rx_filter,
      "The receive filter of a NIC, or of all that have one." },
    { "query-status", "", "object", query_status, "Whether the machine runs." },
    { "query-target", "", "object", query_target, "Always x86_64." },
    { "query-uuid", "", "object", query_uuid, "The nil UUID." },
    { "query-version", "", "object", query_version,
      "The QEMU version whose interface this is, and vifemu's own." },
    { "quit", "", "nothing", quit, "Ends the process; event SHUTDOWN." },
    { "set_link", "name:str up:bool", "nothing", set_link,
      "Plugs or pulls the cable of a NIC or of a netdev." },
    { "stop", "", "nothing", stop, "Halts the machine; event STOP if it ran." },
    { "system_reset", "", "nothing", system_reset,
      "Resets the machine; event RESET." },
    { "x-vifemu-accel", "", "object", x_vifemu_accel,
      "What the accelerator counted: with -accel xen the guest's requests and "
      "mappings of its memory." },
    { "x-vifemu-counters", "", "object", x_vifemu_counters,
      "What NICs, ports and netdevs counted, with each event's meaning." },
    { "x-vifemu-registers", "name:str file:str?", "object", x_vifemu_registers,
      "All registers of the NIC with this id (or QOM path), read without "
      "side effects." },
    { "x-vifemu-trace", "on:bool", "nothing", x_vifemu_trace,
      "Switches the trace of all NICs." },
    { "x-vifemu-vifs", "", "list", query_vifs,
      "What came of each -vif: its NIC and tap, or why it has none." },
    { "xen-save-devices-state", "filename:str live:bool?", "nothing",
      xen_save_devices_state,
      "Stops the machine and writes the state of its NICs to a file, or with "
      "`fd:NAME` to what getfd named; -incoming takes it." },
    { "xen-set-global-dirty-log", "enable:bool", "nothing",
      xen_set_global_dirty_log,
      "Reports to Xen what DMA changes, while the domain's memory is copied." },
    { NULL },
};

const struct qmp_event qmp_events[] = {
    { "DEVICE_DELETED", "device:str? path:str",
      "A device is gone, as the guest has let it go or was not asked." },
    { "RESET", "guest:bool reason:str", "The machine was reset." },
    { "RESUME", "", "The machine runs." },
    { "SHUTDOWN", "guest:bool reason:str", "The process ends." },
    { "STOP", "", "The machine is halted." },
    { "VIFEMU_NET_STORM",
      "id:str reason:str rate:int cut:bool source:str destination:str "
      "ethertype:int",
      "A loop on its network seems to flood a tap: `rate` frames a second are "
      "the guest's own that come back (`reason` echo) or copies of few "
      "(repeats), such as one with these addresses. With `cut` the guest's "
      "link went down." },
    { "VIFEMU_NET_STORM_END", "id:str seconds:int cut:bool",
      "No more of it for two seconds, or set_link put the guest's link up "
      "again; with `cut` it is still down." },
    { NULL },
};

const struct qmp_command *qmp_find(const char *name)
{
    for (const struct qmp_command *c = qmp_commands; c->name; c++) {
        if (!strcmp(c->name, name)) {
            return c;
        }
    }
    return NULL;
}

static void manual_args(GString *out, const char *spec)
{
    const char *between = "";
    struct qmp_arg arg;

    while (qmp_next_arg(&spec, &arg)) {
        g_string_append_printf(out, "%s`%s`: %s%s", between, arg.name,
                               arg.type->name,
                               arg.optional ? ", optional" : "");
        between = "; ";
    }
    g_string_append(out, is_open(spec) ? "; ..." : "");
}

char *qmp_manual(void)
{
    GString *out = g_string_new(
        "# QMP commands and events\n"
        "\n"
        "Generated from `qmp_commands[]` and `qmp_events[]` in "
        "monitor/qmp-commands.c; suite "
        "`style` compares.\n"
        "\n"
        "The server speaks QEMU's protocol: greeting, `qmp_capabilities`, "
        "then commands with any `id`.\n"
        "Strings may be in single quotes. A value may have at most "
        "1 MiB, 64 levels and 16384 parts.\n"
        "`...` stands for further members, which depend on the others.\n"
        "\n"
        "| Command | Arguments | Returns | |\n"
        "|---|---|---|---|\n");

    for (const struct qmp_command *c = qmp_commands; c->name; c++) {
        g_string_append_printf(out, "| `%s` | ", c->name);
        manual_args(out, c->args);
        g_string_append_printf(out, " | %s | %s |\n", c->gives, c->doc);
    }
    g_string_append(out, "\n"
                         "Events come unasked once `qmp_capabilities` was "
                         "answered.\n"
                         "\n"
                         "| Event | Data | |\n"
                         "|---|---|---|\n");
    for (const struct qmp_event *e = qmp_events; e->name; e++) {
        g_string_append_printf(out, "| `%s` | ", e->name);
        manual_args(out, e->data);
        g_string_append_printf(out, " | %s |\n", e->doc);
    }
    return g_string_free(out, FALSE);
}
