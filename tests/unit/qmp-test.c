// SPDX-License-Identifier: MIT
/*
 * qmp-test.c - the monitor against a machine that only remembers
 *
 * Client and server are the two ends of a socket pair in one thread: talk()
 * sends, lets the loop run until nothing is left to do, and reads.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fake-vm.h"
#include "monitor/json.h"
#include "monitor/monitor.h"
#include "monitor/qmp.h"
#include "system/loop.h"

#define GREETING                                                               \
    "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": 2, "         \
    "\"major\": 7}, \"package\": \"vifemu " VIFEMU_VERSION "\"}, "             \
    "\"capabilities\": []}}\r\n"
#define OK "{\"return\": {}}\r\n"
#define ERROR(class, desc)                                                     \
    "{\"error\": {\"class\": \"" class "\", \"desc\": \"" desc "\"}}\r\n"
#define GENERIC(desc) ERROR("GenericError", desc)

static void run_loop(void)
{
    while (loop_turn(false)) {
    }
}

/* All that is there now; "EOF" at the end of the stream */
static char *receive(int fd)
{
    GString *got = g_string_new(NULL);
    char buf[4096];
    ssize_t n;

    for (;;) {
        run_loop();
        n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
        if (n <= 0) {
            break;
        }
        g_string_append_len(got, buf, n);
    }
    if (n == 0 || errno == ECONNRESET) {
        g_string_append(got, "EOF");
    }
    return g_string_free(got, FALSE);
}

static void put(int fd, const char *text, size_t len)
{
    g_assert_cmpint(send(fd, text, len, MSG_NOSIGNAL), ==, (gssize)len);
}

static char *talk(int fd, const char *text)
{
    put(fd, text, strlen(text));
    return receive(fd);
}

static void expect(int fd, const char *text, const char *expected)
{
    g_autofree char *got = talk(fd, text);

    g_assert_cmpstr(got, ==, expected);
}

/* A session before its negotiation; the greeting is read */
static int open_raw(void)
{
    g_autofree char *got = NULL;
    int fds[2];

    fake_vm_reset();
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
    qmp_serve(fds[1], fds[1]);
    got = receive(fds[0]);
    g_assert_cmpstr(got, ==, GREETING);
    return fds[0];
}

static int open_session(void)
{
    int fd = open_raw();

    expect(fd, "{'execute':'qmp_capabilities'}", OK);
    return fd;
}

static void end_session(int fd)
{
    close(fd);
    run_loop();
    qmp_close_all();
}

static void test_negotiation(void)
{
    int fd = open_raw();

    expect(fd, "{'execute':'query-version','id':1}",
           "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": "
           "\"Expecting capabilities negotiation with 'qmp_capabilities'\"}, "
           "\"id\": 1}\r\n");
    expect(fd, "{'execute':'nonsense'}",
           ERROR("CommandNotFound", "Expecting capabilities negotiation with "
                                    "'qmp_capabilities'"));
    expect(fd, "{'execute':'qmp_capabilities','arguments':{'enable':['oob']}}",
           GENERIC("Parameter 'enable' does not accept value 'oob': this "
                   "server offers no capabilities"));
    expect(fd, "{'execute':'qmp_capabilities','arguments':{'enable':[5]}}",
           GENERIC("Invalid parameter type for 'enable[0]', expected: "
                   "string"));
    vm_event("EARLY", NULL);
    expect(fd, "{'execute':'qmp_capabilities','arguments':{'enable':[]}}", OK);
    expect(fd, "{'execute':'qmp_capabilities'}",
           ERROR("CommandNotFound",
                 "Capabilities negotiation is already complete, command "
                 "ignored"));
    expect(fd, "{'execute':'nonsense'}",
           ERROR("CommandNotFound", "The command nonsense has not been found"));
    end_session(fd);
}

static void test_form(void)
{
    int fd = open_session();

    expect(fd, "null []5 'x'",
           GENERIC("QMP input must be a JSON object")
               GENERIC("QMP input must be a JSON object")
                   GENERIC("QMP input must be a JSON object")
                       GENERIC("QMP input must be a JSON object"));
    expect(fd, "{}", GENERIC("QMP input lacks member 'execute'"));
    expect(fd, "{'execute':5}",
           GENERIC("QMP input member 'execute' must be a string"));
    expect(fd, "{'execute':'stop','arguments':[]}",
           GENERIC("QMP input member 'arguments' must be an object"));
    expect(fd, "{'execute':'stop','arguments':null}",
           GENERIC("QMP input member 'arguments' must be an object"));
    expect(fd, "{'execute':'stop','foo':1}",
           GENERIC("QMP input member 'foo' is unexpected"));
    expect(fd, "{'exec-oob':'stop'}",
           GENERIC("QMP input member 'exec-oob' is unexpected"));
    expect(fd, "{]\n", GENERIC("JSON parse error, expecting value"));
    expect(fd, "{\xff", GENERIC("JSON parse error, stray '\\uFFFD'"));
    expect(fd, "{'execute':'stop'}", OK);
    end_session(fd);
}

static void test_id(void)
{
    static const char *const ids[] = {
        "1",
        "-5",
        "1.5",
        "\"x\"",
        "\"\\u00E9\"",
        "null",
        "true",
        "false",
        "[]",
        "{}",
        "9223372036854775807",
        "[1, {\"a\": [null]}]",
        "\"\"",
    };
    int fd = open_session();

    for (unsigned i = 0; i < G_N_ELEMENTS(ids); i++) {
        g_autofree char *in =
            g_strdup_printf("{'id':%s,'execute':'stop'}", ids[i]);
        g_autofree char *out =
            g_strdup_printf("{\"return\": {}, \"id\": %s}\r\n", ids[i]);
        g_autofree char *bad =
            g_strdup_printf("{'id':%s,'execute':'nix'}", ids[i]);
        g_autofree char *error = g_strdup_printf(
            "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"The "
            "command nix has not been found\"}, \"id\": %s}\r\n",
            ids[i]);

        expect(fd, in, out);
        expect(fd, bad, error);
    }
    end_session(fd);
}

/* Any cutting of the same bytes gives the same answers */
static void test_cutting(void)
{
    static const char in[] = "{'execute':'query-name','id':'a'}"
                             "{'execute':'stop','id':2}nix\n[]"
                             "{'execute':'query-status'}";
    static const char out[] =
        "{\"return\": {}, \"id\": \"a\"}\r\n"
        "{\"return\": {}, \"id\": 2}\r\n" GENERIC("JSON parse error, invalid "
                                                  "keyword 'nix'")
            GENERIC("QMP input must be a JSON object") "{\"return\": "
                                                       "{\"status\": "
                                                       "\"prelaunch\", "
                                                       "\"singlestep\": false, "
                                                       "\"running\": "
                                                       "false}}\r\n";

    for (size_t step = 1; step < sizeof(in); step++) {
        int fd = open_session();
        GString *got = g_string_new(NULL);

        for (size_t at = 0; at < sizeof(in) - 1; at += step) {
            g_autofree char *piece = NULL;

            put(fd, in + at, MIN(step, sizeof(in) - 1 - at));
            piece = receive(fd);
            g_string_append(got, piece);
        }
        g_assert_cmpstr(got->str, ==, out);
        g_string_free(got, TRUE);
        end_session(fd);
    }
}

/* Arguments of every command: missing, ill-typed, unexpected */

/* A value of the type, or of another one */
static const char *example(const struct qmp_arg_type *type, bool right)
{
    static const struct {
        const char *type, *right, *wrong;
    } values[] = {
        { "str", "'x'", "5" }, { "bool", "true", "'on'" },
        { "int", "1", "1.5" }, { "list", "[]", "{}" },
        { "any", "{}", NULL },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(values); i++) {
        if (!strcmp(values[i].type, type->name)) {
            return right ? values[i].right : values[i].wrong;
        }
    }
    g_assert_not_reached();
}

/* A call of @cmd with all arguments right but for @odd: absent if @value is
 * NULL, else with that value */
static char *call_text(const struct qmp_command *cmd, const char *odd,
                       const char *value)
{
    GString *text = g_string_new(NULL);
    const char *spec = cmd->args, *between = "";
    struct qmp_arg arg;

    g_string_printf(text, "{'execute':'%s','arguments':{", cmd->name);
    while (qmp_next_arg(&spec, &arg)) {
        bool is_odd = odd && !strcmp(arg.name, odd);

        g_assert_nonnull(arg.type->name);
        if ((is_odd && !value) || (!is_odd && arg.optional)) {
            continue;
        }
        g_string_append_printf(text, "%s'%s':%s", between, arg.name,
                               is_odd ? value : example(arg.type, true));
        between = ",";
    }
    if (odd && !strcmp(odd, "surplus")) {
        g_string_append_printf(text, "%s'surplus':0", between);
    }
    g_string_append(text, "}}");
    return g_string_free(text, FALSE);
}

static void check_arg(int fd, const struct qmp_command *cmd,
                      const struct qmp_arg *arg)
{
    const char *wrong = example(arg->type, false);
    g_autofree char *without = call_text(cmd, arg->name, NULL);
    g_autofree char *missing =
        g_strdup_printf(GENERIC("Parameter '%s' is missing"), arg->name);
    g_autofree char *with = call_text(cmd, arg->name, wrong ? wrong : "1");
    g_autofree char *ill_typed =
        g_strdup_printf(GENERIC(
                            "Invalid parameter type for '%s', expected: %s"),
                        arg->name, arg->type->qemu);

    if (!arg->optional) {
        expect(fd, without, missing);
    }
    if (wrong) {
        expect(fd, with, ill_typed);
    }
}

static void test_arguments(void)
{
    int fd = open_session();
    const char *previous = "";

    for (const struct qmp_command *c = qmp_commands; c->name; c++) {
        const char *spec = c->args;
        g_autofree char *surplus = call_text(c, "surplus", NULL);
        struct qmp_arg arg;

        g_assert_cmpstr(previous, <, c->name);
        previous = c->name;
        while (qmp_next_arg(&spec, &arg)) {
            check_arg(fd, c, &arg);
        }
        if (!g_str_has_suffix(c->args, "...")) {
            expect(fd, surplus, GENERIC("Parameter 'surplus' is unexpected"));
        }
    }
    end_session(fd);
}

/* One answer each, with all arguments right */
static void test_each_answers(void)
{
    int fd = open_session();

    for (const struct qmp_command *c = qmp_commands; c->name; c++) {
        g_autofree char *text = call_text(c, NULL, NULL);
        g_autofree char *got = talk(fd, text);

        g_assert_true(strstr(got, "{\"return\": ") ||
                      strstr(got, "{\"error\": "));
        g_assert_true(g_str_has_suffix(got, "}\r\n"));
    }
    g_assert_true(fake.quit);
    end_session(fd);
}

struct exchange {
    const char *in, *out, *last;
};

/* What reaches the machine, and what comes back */
static void test_changes(void)
{
    static const struct exchange list[] = {
        { "{'execute':'device_add','arguments':{'driver':'e1000','id':'x',"
          "'addr':5,'multifunction':true}}",
          OK,
          "device_add {\"driver\": \"e1000\", \"id\": \"x\", \"addr\": 5, "
          "\"multifunction\": true}" },
        { "{'execute':'device_add','arguments':{'driver':'e1000'}}", OK,
          "device_add {\"driver\": \"e1000\"}" },
        { "{'execute':'device_del','arguments':{'id':'x'}}", OK,
          "device_del x" },
        { "{'execute':'netdev_add','arguments':{'type':'dgram','id':'n',"
          "'local':{'type':'fd','str':'3'}}}",
          OK,
          "netdev_add {\"type\": \"dgram\", \"id\": \"n\", \"local.type\": "
          "\"fd\", \"local.str\": \"3\"}" },
        { "{'execute':'netdev_del','arguments':{'id':'n'}}", OK,
          "netdev_del n" },
        { "{'execute':'object-add','arguments':{'qom-type':'filter-dump',"
          "'id':'f','netdev':'n'}}",
          OK,
          "object_add {\"qom-type\": \"filter-dump\", \"id\": \"f\", "
          "\"netdev\": \"n\"}" },
        { "{'execute':'object-del','arguments':{'id':'f'}}", OK,
          "object_del f" },
        { "{'execute':'set_link','arguments':{'name':'n','up':false}}", OK,
          "set_link n off" },
    };
    int fd = open_session();

    for (unsigned i = 0; i < G_N_ELEMENTS(list); i++) {
        expect(fd, list[i].in, list[i].out);
        g_assert_cmpstr(fake.last, ==, list[i].last);

        fake.fail = "Device 'x' not found";
        fake.fail_code = VM_ERROR_DEVICE_NOT_FOUND;
        expect(fd, list[i].in, ERROR("DeviceNotFound", "Device 'x' not found"));
        fake.fail = "busy";
        fake.fail_code = VM_ERROR_DEVICE_NOT_ACTIVE;
        expect(fd, list[i].in, ERROR("DeviceNotActive", "busy"));
        fake.fail = "odd";
        fake.fail_code = 99;
        expect(fd, list[i].in, GENERIC("odd"));
    }
    end_session(fd);
}

/* The value of "return" of a command without arguments, as text */
static char *query(int fd, const char *name, const char *args)
{
    g_autofree char *text =
        g_strdup_printf("{'execute':'%s','arguments':{%s}}", name, args);
    g_autofree char *got = talk(fd, text);

    if (!g_str_has_prefix(got, "{\"return\": ")) {
        return g_steal_pointer(&got);
    }
    return g_strndup(got + 11, strlen(got) - 14);
}

static void expect_query(int fd, const char *name, const char *args,
                         const char *expected)
{
    g_autofree char *got = query(fd, name, args);

    g_assert_cmpstr(got, ==, expected);
}

static void test_queries(void)
{
    int fd = open_session();

    expect_query(fd, "query-name", "", "{}");
    fake.nics = 2;
    expect_query(fd, "query-name", "", "{\"name\": \"two\"}");
    expect_query(fd, "query-kvm", "",
                 "{\"enabled\": false, \"present\": false}");
    expect_query(fd, "query-cpus-fast", "", "[]");
    expect_query(fd, "query-chardev", "", "[]");
    qmp_chardev("c0", "unix:/x");
    expect_query(fd, "query-chardev", "",
                 "[{\"label\": \"c0\", \"filename\": \"unix:/x\", "
                 "\"frontend-open\": true}]");
    expect_query(fd, "query-status", "",
                 "{\"status\": \"prelaunch\", \"singlestep\": false, "
                 "\"running\": false}");
    end_session(fd);
}

static void test_life(void)
{
    int fd = open_session();
    g_autofree char *cont = talk(fd, "{'execute':'cont','id':7}");
    g_autofree char *again = talk(fd, "{'execute':'cont'}");
    g_autofree char *stop = talk(fd, "{'execute':'stop'}");
    g_autofree char *reset = talk(fd, "{'execute':'system_reset'}");
    g_autofree char *quit = NULL;

    g_assert_true(g_str_has_prefix(cont, "{\"timestamp\": {\"seconds\": "));
    g_assert_true(g_str_has_suffix(
        cont, "}, \"event\": \"RESUME\"}\r\n{\"return\": {}, \"id\": 7}\r\n"));
    g_assert_cmpstr(again, ==, OK);
    g_assert_true(g_str_has_suffix(stop, "}, \"event\": \"STOP\"}\r\n" OK));
    expect_query(fd, "query-status", "",
                 "{\"status\": \"paused\", \"singlestep\": false, "
                 "\"running\": false}");
    g_assert_true(
        g_str_has_suffix(reset,
                         "\"event\": \"RESET\", \"data\": {\"guest\": false, "
                         "\"reason\": \"host-qmp-system-reset\"}}\r\n" OK));
    g_assert_cmpint(fake.resets, ==, 1);
    quit = talk(fd, "{'execute':'quit'}");
    g_assert_true(g_str_has_suffix(quit, "\"event\": \"SHUTDOWN\"}\r\n" OK));
    g_assert_true(fake.quit);
    end_session(fd);
}

static void test_types(void)
{
    int fd = open_session();

    expect_query(fd, "qom-list-types", "'implements':'device'",
                 "[{\"name\": \"e1000\", \"parent\": \"e1000-base\"}, "
                 "{\"name\": \"e1000-82540em\", \"parent\": "
                 "\"e1000-base\"}]");
    expect_query(fd, "qom-list-types",
                 "'implements':'pci-device',"
                 "'abstract':true",
                 "[{\"name\": \"pci-device\", \"abstract\": true, "
                 "\"parent\": \"device\"}, "
                 "{\"name\": \"e1000-base\", \"abstract\": true, "
                 "\"parent\": \"pci-device\"}, "
                 "{\"name\": \"e1000\", \"parent\": \"e1000-base\"}, "
                 "{\"name\": \"e1000-82540em\", \"parent\": "
                 "\"e1000-base\"}]");
    expect_query(fd, "qom-list-types", "'implements':'nonsense'", "[]");
    expect_query(fd, "device-list-properties", "'typename':'e1000-82540em'",
                 "[{\"name\": \"mac\", \"type\": \"str\", \"description\": "
                 "\"Ethernet address\"}, {\"name\": \"romsize\", \"type\": "
                 "\"uint32\", \"default-value\": 4294967295}, {\"name\": "
                 "\"addr\", \"type\": \"int32\", \"description\": \"Slot\", "
                 "\"default-value\": -1}, {\"name\": \"multifunction\", "
                 "\"type\": \"bool\", \"description\": \"on/off\", "
                 "\"default-value\": false}]");
    expect_query(fd, "device-list-properties", "'typename':'device'",
                 GENERIC("Parameter 'typename' expects a non-abstract device "
                         "type"));
    expect_query(fd, "device-list-properties", "'typename':'x'",
                 ERROR("DeviceNotFound", "Device 'x' not found"));
    expect_query(fd, "qom-list-properties", "'typename':'x'",
                 ERROR("DeviceNotFound", "Class 'x' not found"));
    expect_query(fd, "qom-list-properties", "'typename':'machine'",
                 "[{\"name\": \"type\", \"type\": \"string\"}]");
    end_session(fd);
}

static void test_tree(void)
{
    int fd = open_session();

    expect_query(fd, "qom-list", "'path':'/'",
                 "[{\"name\": \"type\", \"type\": \"string\"}, {\"name\": "
                 "\"machine\", \"type\": \"child<pc-i440fx-7.2-machine>\"}, "
                 "{\"name\": \"objects\", \"type\": \"child<container>\"}]");
    expect_query(fd, "qom-list", "'path':'peripheral'",
                 "[{\"name\": \"type\", \"type\": \"string\"}, {\"name\": "
                 "\"nic0\", \"type\": \"child<e1000>\"}]");
    expect_query(fd, "qom-list", "'path':'/objects'",
                 "[{\"name\": \"type\", \"type\": \"string\"}, {\"name\": "
                 "\"f0\", \"type\": \"child<filter-dump>\"}]");
    expect_query(fd, "qom-get",
                 "'path':'/machine/peripheral/nic0',"
                 "'property':'mac'",
                 "\"52:54:00:12:34:56\"");
    expect_query(fd, "qom-get", "'path':'nic0','property':'type'", "\"e1000\"");
    expect_query(fd, "qom-get", "'path':'nic0','property':'realized'", "true");
    expect_query(fd, "qom-get", "'path':'/machine','property':'peripheral'",
                 "\"/machine/peripheral\"");
    expect_query(fd, "qom-get", "'path':'nic0','property':'x'",
                 GENERIC("Property 'e1000.x' not found"));
    expect_query(fd, "qom-get", "'path':'/machine/','property':'type'",
                 ERROR("DeviceNotFound", "Device '/machine/' not found"));
    expect_query(fd, "qom-list", "'path':''", GENERIC("Path '' is ambiguous"));
    expect_query(fd, "qom-set", "'path':'nic0','property':'mac','value':1",
                 GENERIC("Property 'e1000.mac' cannot be set after "
                         "'/machine/peripheral/nic0' was made"));
    fake.nics = 0;
    expect_query(fd, "qom-get", "'path':'/machine','property':'type'",
                 "\"none-machine\"");
    end_session(fd);
}

static void test_inspect(void)
{
    int fd = open_session();
    g_autofree char *counters = NULL;

    fake.nics = 2;
    expect_query(fd, "x-vifemu-registers", "'name':'nic0'",
                 "{\"registers\": [{\"file\": \"MAC\", \"name\": \"CTRL\", "
                 "\"value\": 305419896, \"title\": \"Device Control\"}, "
                 "{\"file\": \"MAC\", \"name\": \"STATUS\", \"value\": 2, "
                 "\"title\": \"Device Status\"}, "
                 "{\"file\": \"MAC\", \"name\": \"TABLE\", \"index\": 0, "
                 "\"value\": 0}, {\"file\": \"MAC\", \"name\": \"TABLE\", "
                 "\"index\": 1, \"value\": 0}, {\"file\": \"MAC\", \"name\": "
                 "\"TABLE\", \"index\": 2, \"value\": 4294967295}, "
                 "{\"file\": \"PHY\", \"name\": \"PHYID\", \"value\": 321, "
                 "\"title\": \"PHY Identifier\"}], \"name\": \"nic0\", "
                 "\"model\": \"e1000\"}");
    expect_query(fd, "x-vifemu-registers",
                 "'name':'/machine/peripheral-anon/device[0]','file':'PHY'",
                 "{\"registers\": [{\"file\": \"PHY\", \"name\": \"PHYID\", "
                 "\"value\": 321, \"title\": \"PHY Identifier\"}], "
                 "\"name\": \"/machine/peripheral-anon/device[0]\", "
                 "\"model\": \"e1000\"}");
    expect_query(fd, "x-vifemu-registers", "'name':'nic0','file':'X'",
                 GENERIC("Parameter 'file' does not accept value 'X': e1000 "
                         "has no such register file"));
    expect_query(fd, "x-vifemu-registers", "'name':'nic9'",
                 ERROR("DeviceNotFound", "Device 'nic9' not found"));
    counters = query(fd, "x-vifemu-counters", "");
    g_assert_nonnull(strstr(counters, "\"dma-faults\": 5"));
    g_assert_nonnull(strstr(counters,
                            "{\"name\": \"rx_dropped\", \"count\": 3, "
                            "\"text\": \"A frame found no descriptor.\"}"));
    g_assert_nonnull(strstr(counters, "\"tx-frames\": 7"));
    expect_query(fd, "x-vifemu-trace", "'on':true", "{}");
    g_assert_true(fake.trace);
    end_session(fd);
}

static void test_rx_filter(void)
{
    static const char filter[] =
        "[{\"name\": \"nic0\", \"promiscuous\": false, \"multicast\": "
        "\"all\", \"unicast\": \"normal\", \"vlan\": \"all\", "
        "\"broadcast-allowed\": true, \"multicast-overflow\": false, "
        "\"unicast-overflow\": false, \"main-mac\": \"52:54:00:12:34:56\", "
        "\"vlan-table\": [], \"unicast-table\": [\"22:22:22:22:22:22\"], "
        "\"multicast-table\": []}]";
    int fd = open_session();

    expect_query(fd, "query-rx-filter", "", filter);
    expect_query(fd, "query-rx-filter", "'name':'nic0'", filter);
    expect_query(fd, "query-rx-filter", "'name':'n0'",
                 GENERIC("net client(n0) doesn't support rx-filter "
                         "querying"));
    expect_query(fd, "query-rx-filter", "'name':'x'",
                 GENERIC("invalid net client name: x"));
    end_session(fd);
}

/* The schema names every command, and only types that it also has */
static void test_schema(void)
{
    int fd = open_session();
    g_autofree char *text = query(fd, "query-qmp-schema", "");
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(JsonNode) node = json_parse(text);
    JsonArray *list;
    unsigned commands = 0;

    g_assert_nonnull(node);
    list = json_node_get_array(node);
    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *o = json_array_get_object_element(list, i);

        g_assert_true(
            g_hash_table_add(names,
                             (char *)json_object_get_string_member(o, "name")));
    }
    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *o = json_array_get_object_element(list, i);

        if (strcmp(json_object_get_string_member(o, "meta-type"), "command") !=
            0) {
            continue;
        }
        commands++;
        g_assert_nonnull(qmp_find(json_object_get_string_member(o, "name")));
        g_assert_true(g_hash_table_contains(
            names, json_object_get_string_member(o, "arg-type")));
        g_assert_true(g_hash_table_contains(
            names, json_object_get_string_member(o, "ret-type")));
    }
    for (const struct qmp_command *c = qmp_commands; c->name; c++) {
        commands--;
    }
    g_assert_cmpuint(commands, ==, 0);
    for (const struct qmp_event *e = qmp_events; e->name; e++) {
        g_assert_true(g_hash_table_contains(names, e->name));
    }
    end_session(fd);
}

/* Hostile clients */

static void test_huge_string(void)
{
    int fd = open_session();
    g_autofree char *big = g_strnfill(JSON_SIZE_MAX + 100, 'a');
    g_autofree char *got = NULL;
    size_t sent = 0;

    g_assert_cmpint(fcntl(fd, F_SETFL, O_NONBLOCK), ==, 0);
    put(fd, "{'execute':'", 12);
    while (sent < JSON_SIZE_MAX + 100) {
        ssize_t n =
            send(fd, big + sent, JSON_SIZE_MAX + 100 - sent, MSG_NOSIGNAL);

        if (n < 0 && errno != EAGAIN) {
            break;
        }
        sent += n > 0 ? (size_t)n : 0;
        run_loop();
    }
    got = receive(fd);
    g_assert_cmpstr(got, ==, GENERIC("JSON token size limit exceeded") "EOF");
    end_session(fd);
}

static void test_deep(void)
{
    int fd = open_session();
    g_autofree char *open = g_strnfill(5000, '[');
    g_autofree char *shut = g_strnfill(5000, ']');

    expect(fd, open, "");
    expect(fd, shut, GENERIC("JSON nesting depth limit exceeded"));
    expect(fd, "{'execute':'stop'}", OK);
    end_session(fd);
}

/* Commands first, then the end of input: all are answered */
static void test_half_close(void)
{
    int fd = open_session();
    g_autofree char *got = NULL;

    put(fd, "{'execute':'stop'}{'execute':'stop'}{'exec", 42);
    g_assert_cmpint(shutdown(fd, SHUT_WR), ==, 0);
    got = receive(fd);
    g_assert_cmpstr(got, ==, OK OK "EOF");
    end_session(fd);
}

static void test_gone(void)
{
    int fd = open_session();

    put(fd, "{'execute':'query-commands'}", 28);
    close(fd);
    run_loop();
    vm_event("LATE", NULL);
    run_loop();
    qmp_close_all();
}

/* A client that does not read is not served, and later gets all answers */
static void test_back_pressure(void)
{
    static const char cmd[] = "{'execute':'query-commands'}";
    int fd = open_session();
    unsigned sent = 0, answers = 0;
    g_autofree char *got = NULL;

    g_assert_cmpint(fcntl(fd, F_SETFL, O_NONBLOCK), ==, 0);
    while (sent < 100000 &&
           send(fd, cmd, sizeof(cmd) - 1, MSG_NOSIGNAL) == sizeof(cmd) - 1) {
        sent++;
        run_loop();
    }
    g_assert_cmpuint(sent, <, 100000);
    got = receive(fd);
    for (const char *p = got; (p = strstr(p, "{\"return\": ")); p++) {
        answers++;
    }
    g_assert_cmpuint(answers, ==, sent);
    end_session(fd);
}

/* ... but events do not wait for ever.  In a process of its own, because the
 * server says so on stderr */
static void test_event_flood(void)
{
    g_autofree char *got = NULL;
    int fd;

    if (!g_test_subprocess()) {
        g_test_trap_subprocess(NULL, 0, 0);
        g_test_trap_assert_passed();
        g_test_trap_assert_stderr("*does not read its events*");
        return;
    }
    fd = open_session();
    for (unsigned i = 0; i < 20000; i++) {
        vm_event("FLOOD", json_object_new());
    }
    got = receive(fd);
    g_assert_true(g_str_has_suffix(got, "EOF"));
    end_session(fd);
}

/* Descriptors */

static void send_fds(int fd, const char *text, unsigned n)
{
    union {
        char space[CMSG_SPACE(32 * sizeof(int))];
        struct cmsghdr align;
    } control = { 0 };
    struct iovec iov = { (char *)text, strlen(text) };
    struct msghdr msg = { .msg_iov = &iov,
                          .msg_iovlen = 1,
                          .msg_control = &control,
                          .msg_controllen = CMSG_SPACE(n * sizeof(int)) };
    struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(n * sizeof(int));
    for (unsigned i = 0; i < n; i++) {
        memcpy(CMSG_DATA(c) + i * sizeof(int), &null, sizeof(null));
    }
    g_assert_cmpint(sendmsg(fd, &msg, 0), ==, (gssize)strlen(text));
    close(null);
}

static unsigned count_fds(void)
{
    GDir *dir = g_dir_open("/proc/self/fd", 0, NULL);
    unsigned n = 0;

    while (g_dir_read_name(dir)) {
        n++;
    }
    g_dir_close(dir);
    return n;
}

static void test_getfd(void)
{
    static const char get[] = "{'execute':'getfd','arguments':{'fdname':'a'}}";
    unsigned before = count_fds();
    int fd = open_session(), got;

    expect(fd, get, GENERIC("No file descriptor supplied via SCM_RIGHTS"));
    send_fds(fd, get, 1);
    expect(fd, " ", OK);
    got = qmp_take_fd("a");
    g_assert_cmpint(got, >=, 0);
    close(got);
    g_assert_cmpint(qmp_take_fd("a"), ==, -1);
    send_fds(fd, "{'execute':'getfd','arguments':{'fdname':'1'}}", 1);
    expect(fd, " ",
           GENERIC("Parameter 'fdname' expects a name not starting with a "
                   "digit"));
    expect(fd, get, GENERIC("No file descriptor supplied via SCM_RIGHTS"));
    send_fds(fd, get, 2);
    expect(fd, get, OK OK);
    expect(fd, "{'execute':'closefd','arguments':{'fdname':'a'}}", OK);
    expect(fd, "{'execute':'closefd','arguments':{'fdname':'a'}}",
           GENERIC("File descriptor named 'a' not found"));
    for (unsigned i = 0; i < 10; i++) {
        send_fds(fd, " ", 30);
        expect(fd, " ", "");
    }
    g_assert_cmpuint(count_fds(), <=, before + 2 + 16);
    end_session(fd);
    g_assert_cmpuint(count_fds(), ==, before);
}

static void test_getfd_bound(void)
{
    unsigned before = count_fds();
    int fd = open_session();

    for (unsigned i = 0; i < 65; i++) {
        g_autofree char *get =
            g_strdup_printf("{'execute':'getfd','arguments':{'fdname':'f%u'}}",
                            i);

        send_fds(fd, get, 1);
        expect(fd, " ",
               i < 64 ? OK
                      : GENERIC("Too many file descriptors: at most 64 may "
                                "wait for use"));
    }
    end_session(fd);
    g_assert_cmpuint(count_fds(), ==, before);
}

/* Other transports */

static void test_listen(void)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), a, b;
    socklen_t len = sizeof(addr);
    g_autofree char *first = NULL, *second = NULL, *third = NULL;

    fake_vm_reset();
    /* An autobound abstract address */
    g_assert_cmpint(bind(fd, (struct sockaddr *)&addr, sizeof(sa_family_t)), ==,
                    0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&addr, &len), ==, 0);
    g_assert_cmpint(listen(fd, 2), ==, 0);
    qmp_listen(fd);
    a = socket(AF_UNIX, SOCK_STREAM, 0);
    b = socket(AF_UNIX, SOCK_STREAM, 0);
    g_assert_cmpint(connect(a, (struct sockaddr *)&addr, len), ==, 0);
    g_assert_cmpint(connect(b, (struct sockaddr *)&addr, len), ==, 0);
    first = receive(a);
    second = receive(b);
    g_assert_cmpstr(first, ==, GREETING);
    g_assert_cmpstr(second, ==, "");
    close(a);
    third = receive(b);
    g_assert_cmpstr(third, ==, GREETING);
    end_session(b);
}

static void test_pipes(void)
{
    int in[2], out[2];
    char buf[1024];
    ssize_t n;

    fake_vm_reset();
    g_assert_cmpint(pipe(in), ==, 0);
    g_assert_cmpint(pipe(out), ==, 0);
    qmp_serve(in[0], out[1]);
    run_loop();
    n = read(out[0], buf, sizeof(buf) - 1);
    buf[MAX(n, 0)] = 0;
    g_assert_cmpstr(buf, ==, GREETING);
    g_assert_cmpint(write(in[1], "{'execute':'qmp_capabilities'}", 30), ==, 30);
    close(in[1]);
    run_loop();
    n = read(out[0], buf, sizeof(buf) - 1);
    buf[MAX(n, 0)] = 0;
    g_assert_cmpstr(buf, ==, OK);
    g_assert_cmpint(read(out[0], buf, sizeof(buf)), ==, 0);
    close(out[0]);
    qmp_close_all();
}

/* qmp_close_all() sends what is queued */
static void test_close_all(void)
{
    int fd = open_session();
    g_autofree char *got = NULL;

    vm_event("LAST", NULL);
    qmp_close_all();
    got = receive(fd);
    g_assert_true(g_str_has_suffix(got, "\"event\": \"LAST\"}\r\nEOF"));
    close(fd);
}

static void test_human_monitor_command(void)
{
    int fd = open_session();

    expect_query(fd, "human-monitor-command", "'command-line':'info status'",
                 "\"VM status: paused (prelaunch)\\r\\n\"");
    expect_query(fd, "human-monitor-command", "'command-line':'','cpu-index':0",
                 GENERIC("Parameter 'cpu-index' expects a CPU number: this "
                         "machine has no CPU"));
    end_session(fd);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    /* First, because "prelaunch" is over for good with the first cont */
    g_test_add_func("/qmp/queries", test_queries);
    g_test_add_func("/qmp/cutting", test_cutting);
    g_test_add_func("/qmp/human-monitor-command", test_human_monitor_command);
    g_test_add_func("/qmp/negotiation", test_negotiation);
    g_test_add_func("/qmp/form", test_form);
    g_test_add_func("/qmp/id", test_id);
    g_test_add_func("/qmp/arguments", test_arguments);
    g_test_add_func("/qmp/each-answers", test_each_answers);
    g_test_add_func("/qmp/changes", test_changes);
    g_test_add_func("/qmp/life", test_life);
    g_test_add_func("/qmp/types", test_types);
    g_test_add_func("/qmp/tree", test_tree);
    g_test_add_func("/qmp/inspect", test_inspect);
    g_test_add_func("/qmp/rx-filter", test_rx_filter);
    g_test_add_func("/qmp/schema", test_schema);
    g_test_add_func("/qmp/huge-string", test_huge_string);
    g_test_add_func("/qmp/deep", test_deep);
    g_test_add_func("/qmp/half-close", test_half_close);
    g_test_add_func("/qmp/gone", test_gone);
    g_test_add_func("/qmp/back-pressure", test_back_pressure);
    g_test_add_func("/qmp/event-flood", test_event_flood);
    g_test_add_func("/qmp/getfd", test_getfd);
    g_test_add_func("/qmp/getfd-bound", test_getfd_bound);
    g_test_add_func("/qmp/listen", test_listen);
    g_test_add_func("/qmp/pipes", test_pipes);
    g_test_add_func("/qmp/close-all", test_close_all);
    return g_test_run();
}
