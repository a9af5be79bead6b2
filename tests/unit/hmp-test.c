// SPDX-License-Identifier: MIT
/*
 * hmp-test.c - the human monitor against a machine that only remembers
 */
#include <string.h>

#include "fake-vm.h"
#include "monitor/qmp.h"

static void expect_hmp(const char *line, const char *expected)
{
    g_autofree char *got = hmp_command(line);

    g_assert_cmpstr(got, ==, expected);
}

static void test_hmp(void)
{
    fake_vm_reset();
    expect_hmp("", "");
    expect_hmp("   ", "");
    expect_hmp("foo bar", "unknown command: 'foo'\r\n");
    expect_hmp("info foo", "unknown command: 'info foo'\r\n");
    expect_hmp("c", "");
    expect_hmp("info status", "VM status: running\r\n");
    expect_hmp("stop", "");
    expect_hmp("info status", "VM status: paused\r\n");
    expect_hmp("set_link nic0 off", "");
    g_assert_cmpstr(fake.last, ==, "set_link nic0 off");
    expect_hmp("set_link", "set_link: string expected\r\n"
                           "Try \"help set_link\" for more information\r\n");
    expect_hmp("set_link a b",
               "set_link: expected 'on' or 'off'\r\n"
               "Try \"help set_link\" for more information\r\n");
    expect_hmp("set_link a on b",
               "set_link: extraneous characters at the end of line\r\n"
               "Try \"help set_link\" for more information\r\n");
    expect_hmp("help set_link",
               "set_link name on|off -- plug or pull a cable\r\n");
    expect_hmp("help x", "unknown command: 'x'\r\n");
    fake.fail = "Device 'a' not found";
    expect_hmp("device_del a", "Error: Device 'a' not found\r\n");
    expect_hmp("qom-get nic0 mac", "\"52:54:00:12:34:56\"\r\n");
    expect_hmp("qom-list peripheral",
               "type (string)\r\nnic0 (child<e1000>)\r\n");
    expect_hmp("x-vifemu-trace on", "");
    g_assert_true(fake.trace);
    expect_hmp("x-vifemu-registers nic0 PHY",
               "PHY     PHYID        0x00000141  PHY Identifier\r\n");
}

static void test_hmp_options(void)
{
    fake_vm_reset();
    expect_hmp("device_add \"e1000,id=x,addr=05.0\"", "");
    g_assert_cmpstr(fake.last, ==,
                    "device_add {\"driver\": \"e1000\", \"id\": \"x\", "
                    "\"addr\": \"05.0\"}");
    expect_hmp("netdev_add user,id=n", "");
    g_assert_cmpstr(fake.last, ==,
                    "netdev_add {\"type\": \"user\", \"id\": \"n\"}");
    expect_hmp("object_add filter-dump,id=f", "");
    g_assert_cmpstr(fake.last, ==,
                    "object_add {\"qom-type\": \"filter-dump\", \"id\": "
                    "\"f\"}");
    fake.fail = "no";
    expect_hmp("netdev_add user", "Error: no\r\n");
    expect_hmp("netdev_add",
               "netdev_add: string expected\r\n"
               "Try \"help netdev_add\" for more information\r\n");
    expect_hmp("netdev_add help",
               "Available netdev backend types:\r\nuser\r\n");
    expect_hmp("device_add help",
               "Network devices:\r\nname \"e1000\", bus PCI, alias "
               "\"e1000-82540em\", desc \"A card for tests\"\r\n");
    expect_hmp("object_add ?", "List of user creatable objects:\r\n"
                               "  filter-dump\r\n"
                               "  memory-backend-file\r\n"
                               "  memory-backend-memfd\r\n"
                               "  memory-backend-ram\r\n");
    expect_hmp("device_add x,help",
               "Error: 'x' is not a valid device model name\r\n");
    expect_hmp("device_add \"e1000,help\"",
               "e1000 options:\r\n"
               "  mac=<str>              - Ethernet address\r\n"
               "  romsize=<uint32>       -  (default: 4294967295)\r\n"
               "  addr=<int32>           - Slot (default: -1)\r\n"
               "  multifunction=<bool>   - on/off (default: false)\r\n");
}

static void test_hmp_info(void)
{
    fake_vm_reset();
    expect_hmp("info network", "nic0: index=0,type=nic,model=e1000,"
                               "macaddr=52:54:00:12:34:56\r\n"
                               " \\ n0: index=0,type=user,net=10.0.2.0\r\n"
                               "spare: index=0,type=user,net=10.0.2.0\r\n"
                               "filters:\r\n"
                               "  - f0: type=filter-dump,file=x.pcap\r\n");
    expect_hmp("info pci",
               "  Bus  0, device   2, function 0:\r\n"
               "    Ethernet controller: PCI device 8086:100e\r\n"
               "      PCI subsystem 1af4:1100\r\n"
               "      IRQ 11, pin A\r\n"
               "      BAR0: 32 bit memory at 0xfebc0000 [0xfebdffff].\r\n"
               "      BAR1: I/O unmapped, size 0x40.\r\n"
               "      id \"nic0\"\r\n");
    expect_hmp("info qtree",
               "bus: main-system-bus\r\n"
               "  type System\r\n"
               "  dev: i440FX-pcihost, id \"\"\r\n"
               "    bus: pci.0\r\n"
               "      type PCI\r\n"
               "      dev: e1000, id \"nic0\"\r\n"
               "        mac = \"52:54:00:12:34:56\"\r\n"
               "        class Ethernet controller, addr 00:02.0, pci id "
               "8086:100e (sub 0000:0000)\r\n"
               "      dev: PIIX3, id \"\"\r\n"
               "        bus: isa.0\r\n"
               "          type ISA\r\n");
    expect_hmp("info qom-tree", "/machine (pc-i440fx-7.2-machine)\r\n"
                                "  /i440fx (i440FX-pcihost)\r\n"
                                "    /ioapic (ioapic)\r\n"
                                "    /pci.0 (PCI)\r\n"
                                "  /peripheral (container)\r\n"
                                "    /nic0 (e1000)\r\n"
                                "  /peripheral-anon (container)\r\n"
                                "  /unattached (container)\r\n");
    fake.nics = 0;
    expect_hmp("info qtree", "bus: main-system-bus\r\n  type System\r\n");
    expect_hmp("info network", "");
    expect_hmp("x-vifemu-counters", "");
}

/* What QEMU's test-hmp does: every line of "help info" begins with "info NAME "
 * and runs */
static void test_hmp_help(void)
{
    g_autofree char *help = NULL;
    g_auto(GStrv) lines = NULL;

    fake_vm_reset();
    help = hmp_command("help info");
    lines = g_strsplit(help, "\r\n", -1);
    g_assert_cmpuint(g_strv_length(lines), >, 5);
    for (unsigned i = 0; *lines[i]; i++) {
        g_auto(GStrv) words = g_strsplit(lines[i], " ", 3);
        g_autofree char *line = g_strjoin(" ", words[0], words[1], NULL);
        g_autofree char *got = NULL;

        g_assert_cmpstr(words[0], ==, "info");
        g_assert_cmpuint(g_strv_length(words), ==, 3);
        got = hmp_command(line);
        g_assert_false(g_str_has_prefix(got, "unknown"));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hmp/commands", test_hmp);
    g_test_add_func("/hmp/options", test_hmp_options);
    g_test_add_func("/hmp/info", test_hmp_info);
    g_test_add_func("/hmp/help", test_hmp_help);
    return g_test_run();
}
