// SPDX-License-Identifier: MIT
/*
 * pc-qmp-test.c - the monitor: what management tools ask a machine with NICs
 */
#include "check.h"
#include "libpci.h"
#include "libqtest.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define EXEC(cmd) "{'execute': '" cmd "'}"

static struct qtest *start(void)
{
    g_autofree char *name = device_name("e1000");

    return qtest_start("-nodefaults -machine pc -m 32 "
                       "-netdev hubport,id=net0,hubid=0 "
                       "-device %s,id=nic0,netdev=net0,romfile=,addr=4.0 "
                       "-netdev hubport,id=net1,hubid=0",
                       name);
}

/* The member "return" of a reply, which must have it */
static JsonNode *result_of(JsonObject *reply)
{
    if (!json_object_has_member(reply, "return")) {
        check_failed(__FILE__, __LINE__, "the command was refused");
        return NULL;
    }
    return json_object_get_member(reply, "return");
}

static void test_id(void)
{
    static const char *const ids[] = {
        "'a string'", "17", "[1, {'x': null}]", "{'k': true}", "null", "-2.5"
    };
    struct qtest *s = start();

    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        JsonObject *ok =
            qmp(s, "{'execute': 'query-version', 'id': %s}", ids[i]);
        JsonObject *bad = qmp(s, "{'execute': 'no-such', 'id': %s}", ids[i]);

        check(json_object_has_member(ok, "id"));
        check(json_object_has_member(ok, "return"));
        check(json_object_has_member(bad, "id"));
        check(json_object_has_member(bad, "error"));
        json_object_unref(ok);
        json_object_unref(bad);
    }
    qtest_quit(s);
}

static void test_version(void)
{
    struct qtest *s = start();
    JsonObject *reply = qmp(s, EXEC("query-version"));
    JsonNode *result = result_of(reply);
    JsonObject *version;

    if (result) {
        version =
            json_object_get_object_member(json_node_get_object(result), "qemu");
        check_range(json_object_get_int_member(version, "major"), 7, 100);
        check(json_object_has_member(version, "minor"));
        check(json_object_has_member(version, "micro"));
        check(json_object_has_member(json_node_get_object(result), "package"));
    }
    json_object_unref(reply);
    qtest_quit(s);
}

static void check_status(struct qtest *s, const char *want, bool running)
{
    JsonObject *reply = qmp(s, EXEC("query-status"));
    JsonNode *result = result_of(reply);

    if (result) {
        JsonObject *o = json_node_get_object(result);

        check_has(json_object_get_string_member(o, "status"), want);
        check_eq(json_object_get_boolean_member(o, "running"), running);
    }
    json_object_unref(reply);
}

static void test_stop_cont(void)
{
    struct qtest *s = start();

    check_status(s, "running", true);
    qmp_ok(s, EXEC("stop"));
    qmp_wait_event(s, "STOP");
    check_status(s, "paused", false);
    /* The second time nothing happens */
    qmp_ok(s, EXEC("stop"));
    qmp_ok(s, EXEC("cont"));
    qmp_wait_event(s, "RESUME");
    check_status(s, "running", true);
    qtest_quit(s);
}

static void test_reset_event(void)
{
    struct qtest *s = start();
    JsonObject *data;

    qmp_ok(s, EXEC("system_reset"));
    data = qmp_event(s, "RESET");
    if (check(data != NULL)) {
        check(!json_object_get_boolean_member(data, "guest"));
        check_has(json_object_get_string_member(data, "reason"), "host-qmp");
        json_object_unref(data);
    }
    qtest_quit(s);
}

/* Does an array of objects have one whose member is this string? */
static bool lists(JsonNode *array, const char *member, const char *value)
{
    JsonArray *a;

    if (!array || !JSON_NODE_HOLDS_ARRAY(array)) {
        return false;
    }
    a = json_node_get_array(array);
    for (guint i = 0; i < json_array_get_length(a); i++) {
        JsonObject *o = json_array_get_object_element(a, i);

        if (json_object_has_member(o, member) &&
            !g_strcmp0(json_object_get_string_member(o, member), value)) {
            return true;
        }
    }
    return false;
}

static void test_lists(void)
{
    g_autofree char *nic = device_name("e1000");
    const struct {
        const char *command;
        const char *member;
        const char *value;
    } rows[] = {
        { EXEC("query-commands"), "name", "device_add" },
        { EXEC("query-commands"), "name", "set_link" },
        { EXEC("query-machines"), "alias", "pc" },
        { EXEC("query-machines"), "name", "none" },
        { EXEC("query-chardev"), "label", "char0" },
        { "{'execute': 'qom-list-types', 'arguments': "
          "{'implements': 'device', 'abstract': false}}",
          "name", nic },
        { "{'execute': 'qom-list-types', 'arguments': "
          "{'implements': 'device', 'abstract': true}}",
          "name", "pci-device" },
    };
    struct qtest *s = start();

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        JsonObject *reply = qmp(s, "%s", rows[i].command);

        if (!check(lists(result_of(reply), rows[i].member, rows[i].value))) {
            g_test_message("(%s lacks %s)", rows[i].command, rows[i].value);
        }
        json_object_unref(reply);
    }
    qtest_quit(s);
}

static JsonObject *pci_slot(JsonNode *result, gint64 slot)
{
    JsonArray *buses = json_node_get_array(result);
    JsonObject *bus = json_array_get_object_element(buses, 0);
    JsonArray *devices = json_object_get_array_member(bus, "devices");

    for (guint i = 0; i < json_array_get_length(devices); i++) {
        JsonObject *o = json_array_get_object_element(devices, i);

        if (json_object_get_int_member(o, "slot") == slot) {
            return o;
        }
    }
    return NULL;
}

static void test_query_pci(void)
{
    struct qtest *s = start();
    JsonObject *reply = qmp(s, EXEC("query-pci"));
    JsonNode *result = result_of(reply);
    JsonObject *nic = result ? pci_slot(result, 4) : NULL;

    if (check(nic != NULL)) {
        JsonObject *id = json_object_get_object_member(nic, "id");

        check_has(json_object_get_string_member(nic, "qdev_id"), "nic0");
        check_eq(json_object_get_int_member(id, "vendor"), 0x8086);
        check_eq(json_object_get_int_member(id, "device"), 0x100e);
    }
    json_object_unref(reply);
    qtest_quit(s);
}

static void test_set_link(void)
{
    struct qtest *s = start();

    /* By the name of the card or of its backend */
    qmp_ok(s, "{'execute': 'set_link', 'arguments': "
              "{'name': 'nic0', 'up': false}}");
    qmp_ok(s, "{'execute': 'set_link', 'arguments': "
              "{'name': 'net0', 'up': true}}");
    g_free(qmp_fails(s, "DeviceNotFound",
                     "{'execute': 'set_link', 'arguments': "
                     "{'name': 'nobody', 'up': true}}"));
    g_free(qmp_fails(s, "GenericError",
                     "{'execute': 'set_link', 'arguments': "
                     "{'name': 'nic0'}}"));
    g_free(qmp_fails(s, "GenericError",
                     "{'execute': 'set_link', 'arguments': "
                     "{'name': 'nic0', 'up': 'yes'}}"));
    qtest_quit(s);
}

static void test_device_errors(void)
{
    static const struct {
        const char *arguments;
        const char *word;
    } rows[] = {
        { "{'driver': 'no-such-card', 'id': 'x'}", "no-such-card" },
        { "{'id': 'x'}", "driver" },
        { "{'driver': 'NIC', 'id': 'nic0'}", "nic0" },
        { "{'driver': 'NIC', 'id': 'x', 'addr': '4'}", "4" },
        { "{'driver': 'NIC', 'id': 'x', 'addr': '40'}", "addr" },
        { "{'driver': 'NIC', 'id': 'x', 'mac': '52:54:00'}", "mac" },
        { "{'driver': 'NIC', 'id': 'x', 'netdev': 'nowhere'}", "nowhere" },
        { "{'driver': 'NIC', 'id': 'x', 'netdev': 'net0'}", "net0" },
        { "{'driver': 'NIC', 'id': 'x', 'bogus': 1}", "bogus" },
        { "{'driver': 'NIC', 'id': 'x', 'romfile': '/no/such/rom'}",
          "/no/such/rom" },
        { "{'driver': 'NIC', 'id': 'x', 'bus': 'nobus.0'}", "nobus.0" },
    };
    g_autofree char *name = device_name("e1000");
    struct qtest *s = start();

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(GStrv) parts = g_strsplit(rows[i].arguments, "NIC", 2);
        g_autofree char *arguments = g_strjoinv(name, parts);
        g_autofree char *desc =
            qmp_fails(s, "GenericError",
                      "{'execute': 'device_add', 'arguments': %s}", arguments);

        check_has(desc, rows[i].word);
    }
    /* Not one of them left anything behind */
    qmp_ok(s,
           "{'execute': 'device_add', 'arguments': {'driver': '%s', "
           "'id': 'x', 'romfile': ''}}",
           name);
    qtest_quit(s);
}

static void test_unplug_errors(void)
{
    struct qtest *s = start();
    g_autofree char *desc = NULL;

    g_free(qmp_fails(s, "DeviceNotFound",
                     "{'execute': 'device_del', 'arguments': "
                     "{'id': 'nobody'}}"));
    qmp_ok(s, "{'execute': 'device_del', 'arguments': {'id': 'nic0'}}");
    if (!qtest_has_clock(s)) {
        /* A request lapses after some time, which flies there */
        qtest_quit(s);
        return;
    }
    desc = qmp_fails(s, "GenericError",
                     "{'execute': 'device_del', 'arguments': "
                     "{'id': 'nic0'}}");
    check_has(desc, "nic0");
    qtest_quit(s);
}

static void test_netdev(void)
{
    g_autofree char *name = device_name("e1000");
    struct qtest *s = start();

    qmp_ok(s, "{'execute': 'netdev_add', 'arguments': "
              "{'type': 'hubport', 'id': 'hot', 'hubid': 1}}");
    g_free(qmp_fails(s, "GenericError",
                     "{'execute': 'netdev_add', 'arguments': "
                     "{'type': 'hubport', 'id': 'hot', 'hubid': 1}}"));
    g_free(qmp_fails(s, "GenericError",
                     "{'execute': 'netdev_add', 'arguments': "
                     "{'type': 'no-such', 'id': 'n'}}"));
    g_free(qmp_fails(s, "GenericError",
                     "{'execute': 'netdev_add', 'arguments': "
                     "{'type': 'hubport', 'id': 'n', 'hubid': 'one'}}"));
    qmp_ok(s,
           "{'execute': 'device_add', 'arguments': {'driver': '%s', "
           "'id': 'x', 'netdev': 'hot', 'romfile': ''}}",
           name);
    /* The backend may go first: the card has no cable then */
    qmp_ok(s, "{'execute': 'netdev_del', 'arguments': {'id': 'hot'}}");
    g_free(qmp_fails(s, "DeviceNotFound",
                     "{'execute': 'netdev_del', 'arguments': "
                     "{'id': 'hot'}}"));
    qmp_ok(s, EXEC("query-status"));
    qtest_quit(s);
}

/* What is not JSON, or not a command, gives one error and nothing else */
static void test_malformed(void)
{
    static const char *const lines[] = {
        "{]\n",
        "{\x01\n",
        "[]\n",
        "17\n",
        "{}\n",
        "{'execute': 5}\n",
        "{'execute': 'stop', 'arguments': []}\n",
        "{'execute': 'stop', 'surplus': 1}\n",
        "{'execute': 'stop', 'arguments': {'surplus': 1}}\n",
    };
    struct qtest *s = start();

    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        JsonObject *reply;

        qmp_send_raw(s, lines[i], strlen(lines[i]));
        reply = qmp_receive(s);
        if (!check(json_object_has_member(reply, "error"))) {
            g_test_message("(line %zu)", i);
        }
        json_object_unref(reply);
        qmp_ok(s, EXEC("query-version"));
    }
    check_status(s, "running", true);
    qtest_quit(s);
}

/* Many commands in one packet, and one command in many */
static void test_fragments(void)
{
    static const char two[] = "{'execute':'query-name','id':1}"
                              "{'execute':'query-name','id':2}\n";
    static const char slow[] = "{'execute': 'query-name', 'id': 3}\n";
    struct qtest *s = start();
    JsonObject *reply;

    qmp_send_raw(s, two, strlen(two));
    for (gint64 id = 1; id <= 2; id++) {
        reply = qmp_receive(s);
        check_eq(json_object_get_int_member(reply, "id"), (uint64_t)id);
        json_object_unref(reply);
    }
    for (size_t i = 0; i < strlen(slow); i++) {
        qmp_send_raw(s, slow + i, 1);
        if (i % 8 == 0) {
            g_usleep(1000);
        }
    }
    reply = qmp_receive(s);
    check_eq(json_object_get_int_member(reply, "id"), 3);
    json_object_unref(reply);
    qtest_quit(s);
}

static void test_hmp(void)
{
    struct qtest *s = start();
    static const char *const lines[] = { "info network", "info pci",
                                         "set_link nic0 off", "help",
                                         "no-such-command" };

    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        JsonObject *reply =
            qmp(s,
                "{'execute': 'human-monitor-command', 'arguments': "
                "{'command-line': '%s'}}",
                lines[i]);
        JsonNode *result = result_of(reply);

        check(result && JSON_NODE_HOLDS_VALUE(result));
        json_object_unref(reply);
    }
    qtest_quit(s);
}

static void test_objects(void)
{
    struct qtest *s = start();
    g_autofree char *dir = g_dir_make_tmp("vifemu-dump-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(dir, "pcap", NULL);

    qmp_ok(s,
           "{'execute': 'object-add', 'arguments': {'qom-type': 'filter-dump', "
           "'id': 'dump', 'netdev': 'net0', 'file': '%s'}}",
           file);
    check(g_file_test(file, G_FILE_TEST_EXISTS));
    g_free(qmp_fails(s, "GenericError",
                     "{'execute': 'object-add', 'arguments': "
                     "{'qom-type': 'filter-dump', 'id': 'dump2', "
                     "'netdev': 'nowhere', 'file': '%s'}}",
                     file));
    g_free(qmp_fails(s, "GenericError",
                     "{'execute': 'object-add', 'arguments': "
                     "{'qom-type': 'no-such', 'id': 'o'}}"));
    qmp_ok(s, "{'execute': 'object-del', 'arguments': {'id': 'dump'}}");
    g_free(qmp_fails(s, "GenericError",
                     "{'execute': 'object-del', 'arguments': "
                     "{'id': 'dump'}}"));
    qtest_quit(s);
    unlink(file);
    rmdir(dir);
}

int main(int argc, char **argv)
{
    tests_init(&argc, &argv);
    g_test_add_func("/qmp/id", test_id);
    g_test_add_func("/qmp/version", test_version);
    g_test_add_func("/qmp/stop-cont", test_stop_cont);
    g_test_add_func("/qmp/reset-event", test_reset_event);
    g_test_add_func("/qmp/lists", test_lists);
    g_test_add_func("/qmp/query-pci", test_query_pci);
    g_test_add_func("/qmp/set-link", test_set_link);
    g_test_add_func("/qmp/device-errors", test_device_errors);
    g_test_add_func("/qmp/unplug-errors", test_unplug_errors);
    g_test_add_func("/qmp/netdev", test_netdev);
    g_test_add_func("/qmp/malformed", test_malformed);
    g_test_add_func("/qmp/fragments", test_fragments);
    g_test_add_func("/qmp/hmp", test_hmp);
    g_test_add_func("/qmp/objects", test_objects);
    return g_test_run();
}
