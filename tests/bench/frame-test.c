// SPDX-License-Identifier: MIT
/*
 * frame-test.c - does the bench notice what it is there to notice?
 *
 * Each case sends frames from one flow to another through a wire that does one
 * thing wrong; flow_check() has to end the program with the right words.
 */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

enum { SIZE = 1514, FRAMES = 40 };

static uint8_t buf[FRAME_ROOM];

static struct flow flow_of(enum kind kind)
{
    return (struct flow){
        .kind = kind,
        .size = kind == KIND_TSO ? TSO_FRAME : SIZE,
        .slots = 8,
        .in = true,
    };
}

/**
 * struct fault - What is wrong with the wire, and what is said about it
 * @at:    Byte of frame @frame that changes, or 0
 * @skip:  That frame is lost
 * @cut:   It is shorter by that
 * @lie:   Its vnet header says this about the checksum's place
 */
struct fault {
    const char *name;
    enum kind kind;
    unsigned frame;
    size_t at;
    bool skip;
    unsigned cut;
    uint16_t lie;
    const char *says;
};

static const struct fault faults[] = {
    { "plain", KIND_PLAIN, FRAMES, .says = NULL },
    { "csum", KIND_CSUM, FRAMES, .says = NULL },
    { "tso", KIND_TSO, FRAMES, .says = NULL },
    { "plain/payload", KIND_PLAIN, 7, .at = SIZE - 1, .says = "contents" },
    { "plain/address", KIND_PLAIN, 7, .at = 3, .says = "contents" },
    { "plain/type", KIND_PLAIN, 7, .at = 12, .says = "contents" },
    { "plain/number", KIND_PLAIN, 7, .at = 17, .says = "was due" },
    { "plain/lost", KIND_PLAIN, 7, .skip = true, .says = "was due" },
    { "plain/short", KIND_PLAIN, 7, .cut = 1, .says = "was due" },
    { "csum/payload", KIND_CSUM, 9, .at = SIZE - 1, .says = "payload" },
    { "csum/lost", KIND_CSUM, 9, .skip = true, .says = "was due" },
    { "csum/short", KIND_CSUM, 9, .cut = 1, .says = "no segment" },
    { "csum/ip", KIND_CSUM, 9, .at = 19, .says = "IP header checksum" },
    { "csum/sum", KIND_CSUM, 9, .at = 51, .says = "partial checksum" },
    { "csum/place", KIND_CSUM, 9, .lie = 35, .says = "partial checksum" },
    { "udp", KIND_UDP, FRAMES, .says = NULL },
    { "udp/payload", KIND_UDP, 9, .at = SIZE - 1, .says = "contents" },
    { "udp/port", KIND_UDP, 9, .at = 35, .says = "contents" },
    { "udp/lost", KIND_UDP, 9, .skip = true, .says = "was due" },
    { "udp/short", KIND_UDP, 9, .cut = 1, .says = "was due" },
    { "udp/ip", KIND_UDP, 9, .at = 19, .says = "IP header checksum" },
    { "udp/sum", KIND_UDP, 9, .at = 41, .says = "partial checksum" },
    { "tso/payload", KIND_TSO, 11, .at = 60000, .says = "payload" },
    { "tso/lost", KIND_TSO, 11, .skip = true, .says = "was due" },
};

static void send_through(const struct fault *fault)
{
    struct flow from = flow_of(fault->kind), to = from;
    struct virtio_net_hdr vnet;

    for (unsigned i = 0; i < FRAMES; i++) {
        size_t len = flow_frame(&from, i, buf);

        vnet = flow_vnet(&from);
        if (i == fault->frame) {
            buf[fault->at] ^= fault->at ? 1 : 0;
            len -= fault->cut;
            vnet.csum_start = fault->lie ? fault->lie : vnet.csum_start;
        }
        if (i != fault->frame || !fault->skip) {
            flow_check(&to, &vnet, buf, len, true);
        }
    }
    g_assert_cmpuint(to.bytes, ==, (uint64_t)FRAMES * flow_payload(&from));
}

static void test_fault(gconstpointer data)
{
    const struct fault *fault = data;
    char *pattern;

    if (!fault->says) {
        send_through(fault);
        return;
    }
    if (g_test_subprocess()) {
        send_through(fault);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    pattern = g_strdup_printf("*\"error\"*verification*%s*", fault->says);
    g_test_trap_assert_stdout(pattern);
    g_free(pattern);
}

/* Cut as cards cut: the whole checksum in each segment, nothing promised */
static unsigned cut(uint8_t *seg, const uint8_t *frame, unsigned at)
{
    uint8_t *ip = seg + 14, *tcp = ip + 20;
    unsigned len = 52 + MSS;
    uint32_t sum = 0, at_be;

    memcpy(seg, frame, TCP_HEADERS);
    memcpy(seg + TCP_HEADERS, frame + TCP_HEADERS + at, MSS);
    memcpy(&at_be, frame + 38, 4);
    put_be32(tcp + 4, GUINT32_FROM_BE(at_be) + at);
    put_be16(ip + 2, len);
    put_be16(ip + 10, 0);
    for (unsigned i = 0; i < 20; i += 2) {
        sum += (uint32_t)ip[i] << 8 | ip[i + 1];
    }
    put_be16(ip + 10, ~((sum & 0xffff) + (sum >> 16)) & 0xffff);
    put_be16(tcp + 16, 0);
    sum = 6 + len - 20;
    for (unsigned i = 12; i < len; i += 2) {
        sum += (uint32_t)ip[i] << 8 | ip[i + 1];
    }
    sum = (sum & 0xffff) + (sum >> 16);
    put_be16(tcp + 16, ~((sum & 0xffff) + (sum >> 16)) & 0xffff);
    return TCP_HEADERS + MSS;
}

static void check_cut(size_t damage)
{
    static const struct virtio_net_hdr none;
    struct flow f = flow_of(KIND_TSO), to = f;
    uint8_t seg[SIZE];

    flow_frame(&f, 5, buf);
    flow_seek(&to, 5);
    for (unsigned i = 0; i < TSO_SEGMENTS; i++) {
        unsigned len = cut(seg, buf, i * MSS);

        seg[damage] ^= damage ? 1 : 0;
        flow_check(&to, &none, seg, len, true);
    }
    g_assert_cmpuint(to.bytes, ==, TSO_PAYLOAD);
}

static void test_cut(void)
{
    check_cut(0);
}

static void test_cut_bad_sum(void)
{
    if (g_test_subprocess()) {
        check_cut(51);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stdout("*bad TCP checksum*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(faults); i++) {
        char *path = g_strdup_printf("/bench/frame/%s", faults[i].name);

        g_test_add_data_func(path, &faults[i], test_fault);
        g_free(path);
    }
    g_test_add_func("/bench/frame/cut", test_cut);
    g_test_add_func("/bench/frame/cut/bad-sum", test_cut_bad_sum);
    return g_test_run();
}
