// SPDX-License-Identifier: MIT
/*
 * e1000-rx-test.c - frames into descriptors, and what hinders them
 */
#include <glib.h>
#include <string.h>

#include "e1000-ring.h"

/* The first @len bytes of buffer @i are those of @f from @from on */
static void expect_data(unsigned i, const struct frame *f, size_t from,
                        size_t len)
{
    g_assert_true(!memcmp(ring_buf(i), f->data + from, len));
    g_assert_cmphex(ring_buf(i)[len], ==, BUF_FILL);
}

static void test_plain(void)
{
    struct frame f;

    ring_start("e1000", 8, RCTL_SECRC);
    wr(IMS, ICR_RXT0);
    frame_init(&f, ring_mac, 0x88b5, 60);
    g_assert_true(frame_offer(&f, 0));
    ring_expect(0, RXD_DD | RXD_EOP | RXD_IXSM, 0, 60);
    expect_data(0, &f, 0, 60);
    ring_expect_free(1);
    g_assert_cmphex(ring_desc(0).addr, ==, BUF_AT);
    g_assert_cmphex(ring_desc(0).special, ==, 0);
    g_assert_cmpuint(rd(RDH), ==, 1);
    g_assert_true(host.irq);
    g_assert_cmphex(rd(ICR), ==, ICR_RXT0);
    g_assert_cmpuint(host.crcs, ==, 0);
}

/* SECRC=0: what lands behind the frame is its real FCS */
static void test_fcs_kept(void)
{
    struct frame f;

    ring_start("e1000", 8, 0);
    frame_init(&f, ring_mac, 0x88b5, 61);
    g_assert_true(frame_offer(&f, 0));
    ring_expect(0, RXD_DD | RXD_EOP | RXD_IXSM, 0, 65);
    g_assert_cmphex(get32(BUF_AT + 61), ==, host_crc(f.data, 61));
    g_assert_cmphex(ring_buf(0)[65], ==, BUF_FILL);

    /* One that came with the frame is stored as it came */
    g_assert_true(frame_offer_fcs(&f, 0, NIC_RX_LOOPED));
    ring_expect(1, RXD_DD | RXD_EOP | RXD_IXSM, 0, 65);
    g_assert_cmphex(get32(BUF_AT + BUF_STRIDE + 61), ==, host_crc(f.data, 61));
}

static void test_buffer_sizes(void)
{
    static const struct {
        uint32_t rctl;
        unsigned size;
    } row[] = {
        { RCTL_BSIZE_2048, 2048 },   { RCTL_BSIZE_1024, 1024 },
        { RCTL_BSIZE_512, 512 },     { RCTL_BSIZE_256, 256 },
        { RCTL_BSIZE_16384, 16384 }, { RCTL_BSIZE_8192, 8192 },
        { RCTL_BSIZE_4096, 4096 },   { 1u << 25, 2048 }, /* reserved */
    };

    for (unsigned r = 0; r < G_N_ELEMENTS(row); r++) {
        unsigned size = row[r].size, n = 5000 / size + 1;
        struct frame f;

        ring_start("e1000", RING_MAX, RCTL_SECRC | RCTL_LPE | row[r].rctl);
        frame_init(&f, ring_mac, 0x88b5, 5000);
        g_assert_true(frame_offer(&f, 0));
        for (unsigned i = 0; i < n; i++) {
            unsigned part = i + 1 < n ? size : 5000 - i * size;

            ring_expect(i, i + 1 < n ? RXD_DD : RXD_DD | RXD_EOP | RXD_IXSM, 0,
                        part);
            expect_data(i, &f, (size_t)i * size, part);
            g_assert_true((ring_desc(i).csum != 0) == (i == 0));
        }
        g_assert_cmpuint(rd(RDH), ==, n);
    }
}

/* The FCS may be split over buffers, or be alone in the last one */
static void test_fcs_split(void)
{
    for (unsigned over = 1; over <= 4; over++) {
        struct frame f;
        uint8_t fcs[4];

        ring_start("e1000", 8, RCTL_BSIZE_256);
        frame_init(&f, ring_mac, 0x88b5, 512 - 4 + over);
        for (unsigned i = 0; i < 4; i++) {
            fcs[i] = (uint8_t)(host_crc(f.data, f.len) >> (8 * i));
        }
        g_assert_true(frame_offer(&f, 0));
        ring_expect(2, RXD_DD | RXD_EOP | RXD_IXSM, 0, over);
        g_assert_cmpmem(ring_buf(2), over, fcs + 4 - over, over);
        g_assert_cmpmem(ring_buf(1) + 252 + over, 4 - over, fcs, 4 - over);
    }
}

static void test_pieces(void)
{
    for (unsigned step = 1; step < 400; step += 37) {
        struct frame f;
        struct nic_buf buf[2000];
        struct nic_rx rx = { .buf = buf };

        ring_start("e1000", 16, RCTL_SECRC | RCTL_BSIZE_512);
        wr(CTRL, rd(CTRL) | CTRL_VME);
        frame_init(&f, ring_mac, 0x88b5, 1496);
        frame_tag(&f, 0x8100, 0x1234);
        buf[rx.n++] = (struct nic_buf){ f.data, 300 };
        buf[rx.n++] = (struct nic_buf){ f.data, 0 };
        for (size_t at = 300; at < f.len; at += step) {
            buf[rx.n++] =
                (struct nic_buf){ f.data + at, MIN(step, f.len - at) };
        }
        buf[rx.n++] = (struct nic_buf){ f.data, 0 };
        rx.len = f.len;
        g_assert_true(nic_receive(host.nic, &rx));
        host_run();
        ring_expect(2, RXD_DD | RXD_EOP | RXD_IXSM | RXD_VP, 0, 1496 - 1024);
        g_assert_cmphex(ring_desc(2).special, ==, 0x1234);
        g_assert_cmpmem(ring_buf(0), 12, f.data, 12);
        g_assert_cmpmem(ring_buf(0) + 12, 500, f.data + 16, 500);
        expect_data(1, &f, 516, 512);
        expect_data(2, &f, 1028, 472);
    }
}

static void test_vlan_strip(void)
{
    struct frame f;

    ring_start("e1000", 8, 0);
    frame_init(&f, ring_mac, 0x0806, 60);
    frame_tag(&f, 0x8100, 0xb00c);

    /* VME=0: as it came */
    g_assert_true(frame_offer(&f, 0));
    ring_expect(0, RXD_DD | RXD_EOP | RXD_IXSM, 0, 68);
    g_assert_cmphex(ring_desc(0).special, ==, 0);
    g_assert_cmpmem(ring_buf(0), 64, f.data, 64);

    /* VME=1: without the tag, but with the FCS that covered it */
    wr(CTRL, rd(CTRL) | CTRL_VME);
    g_assert_true(frame_offer(&f, 0));
    ring_expect(1, RXD_DD | RXD_EOP | RXD_IXSM | RXD_VP, 0, 64);
    g_assert_cmphex(ring_desc(1).special, ==, 0xb00c);
    g_assert_cmpmem(ring_buf(1) + 12, 48, f.data + 16, 48);
    g_assert_cmphex(get32(BUF_AT + BUF_STRIDE + 60), ==, host_crc(f.data, 64));

    /* Another EtherType is no tag, unless VET says so */
    be16_store(f.data + 12, 0x9100);
    g_assert_true(frame_offer(&f, 0));
    ring_expect(2, RXD_DD | RXD_EOP | RXD_IXSM, 0, 68);
    wr(VET, 0x9100);
    g_assert_true(frame_offer(&f, 0));
    ring_expect(3, RXD_DD | RXD_EOP | RXD_IXSM | RXD_VP, 0, 64);
}

/* Limits are those of the wire: 64 to 1522, or to 16384 with LPE */
static void test_lengths(void)
{
    static const struct {
        uint32_t rctl;
        size_t len;
        bool taken;
    } row[] = {
        { 0, 1518, true },          { 0, 1519, false },
        { RCTL_LPE, 1519, true },   { RCTL_LPE, 16380, true },
        { RCTL_LPE, 16381, false }, { RCTL_LPE, 16384, false },
        { RCTL_SBP, 1519, true },   { RCTL_SBP | RCTL_LPE, 16384, true },
    };

    for (unsigned r = 0; r < G_N_ELEMENTS(row); r++) {
        bool over = row[r].len > (row[r].rctl & RCTL_LPE ? 16380 : 1518);
        struct frame f;

        ring_start("e1000", 16, RCTL_BSIZE_2048 | row[r].rctl);
        frame_init(&f, ring_mac, 0x88b5, row[r].len);
        g_assert_true(frame_offer(&f, 0));
        g_assert_cmpuint(rd(RDH) != 0, ==, row[r].taken);
        if (!row[r].taken) {
            ring_expect_free(0);
        }
        g_assert_cmpuint(rd(ROC), ==, over);
        g_assert_cmpuint(rd(RLEC), ==, over);
        g_assert_cmpuint(rd(GPRC), ==, !over);
        g_assert_cmpuint(rd(TORL), ==, row[r].len + 4);
    }
}

/* Runts can only come from the card's own transmitter */
static void test_runts(void)
{
    struct frame f;

    ring_start("e1000", 8, 0);
    frame_init(&f, ring_mac, 0x88b5, 59);
    g_assert_true(frame_offer(&f, NIC_RX_LOOPED));
    g_assert_true(frame_offer_fcs(&f, 1, NIC_RX_LOOPED));
    g_assert_cmpuint(rd(RDH), ==, 0);
    g_assert_cmpuint(rd(RUC), ==, 1);
    g_assert_cmpuint(rd(RFC), ==, 1);
    g_assert_cmpuint(rd(RLEC), ==, 2);
    g_assert_cmpuint(rd(CRCERRS), ==, 0);

    wr(RCTL, rd(RCTL) | RCTL_SBP);
    g_assert_true(frame_offer(&f, NIC_RX_LOOPED));
    ring_expect(0, RXD_DD | RXD_EOP | RXD_IXSM, 0, 63);

    /* Nothing is short enough to be read beyond */
    for (f.len = 13; f.len > 0; f.len--) {
        g_assert_true(frame_offer(&f, NIC_RX_LOOPED));
        g_assert_true(frame_offer(&f, NIC_RX_LOOPED | NIC_RX_FCS));
        g_assert_true(frame_offer_fcs(&f, 0, NIC_RX_LOOPED));
    }
    g_assert_cmpuint(rd(RDH), ==, 1);
}

static void test_bad_fcs(void)
{
    struct frame f;

    ring_start("e1000", 8, RCTL_SECRC);
    frame_init(&f, ring_mac, 0x88b5, 100);
    g_assert_true(frame_offer_fcs(&f, 0x80000000, 0));
    g_assert_cmpuint(rd(RDH), ==, 0);
    g_assert_cmpuint(rd(CRCERRS), ==, 1);
    g_assert_cmpuint(rd(GPRC), ==, 0);
    g_assert_cmpuint(rd(TPR), ==, 1);

    wr(RCTL, rd(RCTL) | RCTL_SBP);
    g_assert_true(frame_offer_fcs(&f, 1, 0));
    ring_expect(0, RXD_DD | RXD_EOP | RXD_IXSM, RXD_CE, 100);
    f.len = 1600;
    g_assert_true(frame_offer_fcs(&f, 1, 0));
    g_assert_cmpuint(rd(RJC), ==, 1);
    g_assert_cmpuint(rd(CRCERRS), ==, 2);
}

static void test_receiver_off(void)
{
    struct frame f;

    ring_start("e1000", 8, RCTL_SECRC);
    frame_init(&f, ring_mac, 0x88b5, 60);
    wr(RCTL, rd(RCTL) & ~RCTL_EN);
    g_assert_true(frame_offer(&f, 0));
    g_assert_cmpuint(rd(TPR), ==, 0);

    /* On again: at once, no pause of a second */
    wr(RCTL, rd(RCTL) | RCTL_EN);
    g_assert_cmpuint(host.ready, ==, 2);
    g_assert_true(frame_offer(&f, 0));
    ring_expect(0, RXD_DD | RXD_EOP | RXD_IXSM, 0, 60);

    nic_set_link(host.nic, false);
    g_assert_true(frame_offer(&f, 0));
    g_assert_cmpuint(rd(TPR), ==, 1);
    ring_expect_free(1);

    /* While frames sent come back, the network is not heard */
    nic_set_link(host.nic, true);
    host_step(10000000000);
    wr(RCTL, rd(RCTL) | RCTL_LBM_MAC);
    g_assert_true(frame_offer(&f, 0));
    ring_expect_free(1);
    g_assert_true(frame_offer(&f, NIC_RX_LOOPED));
    ring_expect(1, RXD_DD | RXD_EOP | RXD_IXSM, 0, 60);
}

static void test_bus_master_off(void)
{
    struct frame f;

    ring_start("e1000", 8, RCTL_SECRC);
    frame_init(&f, ring_mac, 0x88b5, 60);
    nic_set_bus_master(host.nic, false);
    g_assert_false(frame_offer(&f, 0));
    g_assert_true(frame_offer(&f, NIC_RX_LOOPED));
    nic_set_bus_master(host.nic, true);
    g_assert_cmpuint(host.ready, ==, 1);
    g_assert_true(frame_offer(&f, 0));
    ring_expect(0, RXD_DD | RXD_EOP | RXD_IXSM, 0, 60);
    g_assert_cmpuint(rd(GPRC), ==, 1);
}

/* A full ring refuses; nothing is lost, and RNBC counts each frame once */
static void test_exhaustion(void)
{
    struct frame f;

    ring_start("e1000", 8, RCTL_SECRC);
    frame_init(&f, ring_mac, 0x88b5, 60);
    for (unsigned i = 0; i < 7; i++) {
        g_assert_true(frame_offer(&f, 0));
    }
    g_assert_cmpuint(rd(RDH), ==, 7);
    g_assert_cmpuint(rd(RNBC), ==, 0);
    g_assert_false(frame_offer(&f, 0));
    g_assert_false(frame_offer(&f, 0));
    g_assert_cmpuint(rd(RNBC), ==, 1);
    g_assert_cmpuint(rd(MPC), ==, 0);
    g_assert_cmpuint(rd(GPRC), ==, 7);
    /* A loopback in between does not make it another frame */
    g_assert_true(frame_offer(&f, NIC_RX_LOOPED));
    g_assert_false(frame_offer(&f, 0));
    g_assert_cmpuint(rd(RNBC), ==, 1);
    g_assert_cmpuint(rd(MPC), ==, 1);
    ring_expect_free(7);

    ring_renew(0);
    host.ready = 0;
    wr(RDT, 0);
    g_assert_cmpuint(host.ready, ==, 1);
    g_assert_true(frame_offer(&f, 0));
    ring_expect(7, RXD_DD | RXD_EOP | RXD_IXSM, 0, 60);
    g_assert_cmpuint(rd(RDH), ==, 0);
    g_assert_false(frame_offer(&f, 0));
    g_assert_cmpuint(rd(RNBC), ==, 1);
    g_assert_cmpuint(rd(GPRC), ==, 1);

    /* A reset is the end of waiting, too */
    host.ready = 0;
    wr(CTRL, rd(CTRL) | CTRL_RST);
    g_assert_cmpuint(host.ready, >, 0);
    g_assert_true(frame_offer(&f, 0));
}

/* A loopback cannot wait: lost as if the FIFO had overrun */
static void test_overrun(void)
{
    struct frame f;

    ring_start("e1000", 8, RCTL_SECRC);
    wr(RDT, 0);
    frame_init(&f, ring_mac, 0x88b5, 60);
    g_assert_true(frame_offer(&f, NIC_RX_LOOPED));
    g_assert_cmpuint(rd(MPC), ==, 1);
    g_assert_cmpuint(rd(RNBC), ==, 1);
    g_assert_cmpuint(rd(TPR), ==, 1);
    g_assert_cmpuint(rd(GPRC), ==, 0);
    g_assert_cmphex(rd(ICR), ==, ICR_RXO);

    /* Nor can what needs more descriptors than the ring can ever have */
    wr(RCTL, rd(RCTL) | RCTL_BSIZE_256 | RCTL_LPE);
    frame_init(&f, ring_mac, 0x88b5, 7 * 256 + 1);
    g_assert_true(frame_offer(&f, 0));
    g_assert_cmpuint(rd(MPC), ==, 1);
    f.len--;
    g_assert_false(frame_offer(&f, 0));
    wr(RDT, 7);
    g_assert_true(frame_offer(&f, 0));
    ring_expect(6, RXD_DD | RXD_EOP | RXD_IXSM, 0, 256);
}

/* Rings that make no sense are rings without room */
static void test_ring_nonsense(void)
{
    static const uint32_t row[][3] = {
        /* RDLEN, RDH, RDT */
        { 0, 0, 0 },           { 0, 0, 5 },       { 128, 8, 0 },
        { 128, 0, 8 },         { 128, 65535, 3 }, { 128, 65535, 65535 },
        { 0xfff80, 65535, 0 },
    };
    struct frame f;

    frame_init(&f, ring_mac, 0x88b5, 60);
    for (unsigned i = 0; i < G_N_ELEMENTS(row); i++) {
        ring_start("e1000", 8, RCTL_SECRC);
        wr(RDLEN, row[i][0]);
        wr(RDH, row[i][1]);
        wr(RDT, row[i][2]);
        g_assert_true(frame_offer(&f, 0));
        g_assert_cmpuint(rd(MPC), ==, 1);
        g_assert_cmpuint(rd(RDH), ==, row[i][1]);
        ring_expect_free(0);
    }
}

static void test_threshold(void)
{
    static const unsigned share[] = { 2, 4, 8 };

    for (unsigned s = 0; s < 3; s++) {
        struct frame f;

        ring_start("e1000", 32, RCTL_SECRC | s << 8);
        frame_init(&f, ring_mac, 0x88b5, 60);
        for (unsigned left = 31; left > 0; left--) {
            rd(ICR);
            g_assert_true(frame_offer(&f, 0));
            g_assert_cmpuint((rd(ICR) & ICR_RXDMT0) != 0, ==,
                             left - 1 == 32 / share[s]);
        }
    }

    /* A frame that jumps over the threshold meets it on its way */
    struct frame f;

    ring_start("e1000", 8, RCTL_SECRC | RCTL_BSIZE_256);
    frame_init(&f, ring_mac, 0x88b5, 1200);
    g_assert_true(frame_offer(&f, 0));
    g_assert_cmphex(rd(ICR), ==, ICR_RXT0 | ICR_RXDMT0);
}

static void test_dma_faults(void)
{
    struct frame f;

    /* A buffer that is not memory: the ring stops there */
    ring_start("e1000", 8, RCTL_SECRC);
    put64(RING_AT + 16, UINT64_MAX - 10);
    wr(RDBAL, RING_AT);
    frame_init(&f, ring_mac, 0x88b5, 60);
    g_assert_true(frame_offer(&f, 0));
    g_assert_true(frame_offer(&f, 0));
    g_assert_true(frame_offer(&f, 0));
    g_assert_cmpuint(rd(RDH), ==, 1);
    g_assert_cmpuint(rd(MPC), ==, 2);
    g_assert_cmpuint(host.nic->dma_faults, ==, 1);
    ring_expect_free(2);

    /* Software repaired it */
    ring_renew(1);
    wr(RDT, 7);
    g_assert_true(frame_offer(&f, 0));
    ring_expect(1, RXD_DD | RXD_EOP | RXD_IXSM, 0, 60);

    /* Descriptors that are not memory */
    wr(RDBAH, 1);
    g_assert_true(frame_offer(&f, 0));
    g_assert_true(frame_offer(&f, 0));
    g_assert_cmpuint(rd(MPC), ==, 2);
    g_assert_cmpuint(rd(RDH), ==, 2);
    wr(RDBAH, 0);
    g_assert_true(frame_offer(&f, 0));
    ring_expect(2, RXD_DD | RXD_EOP | RXD_IXSM, 0, 60);
}

/* Buffers and ring in the card's own registers */
static void test_dma_to_self(void)
{
    struct frame f;

    ring_start("e1000", 8, RCTL_SECRC);
    frame_init(&f, ring_mac, 0x88b5, 60);
    put64(RING_AT, HOST_BAR + RDT);
    wr(RDBAL, RING_AT);
    g_assert_true(frame_offer(&f, 0));
    g_assert_cmpuint(rd(RDT), ==, 7);
    g_assert_cmpuint(host.nic->refused, >, 0);

    wr(RDBAL, HOST_BAR + CTRL);
    wr(RDT, 6);
    for (unsigned i = 0; i < 20; i++) {
        (void)frame_offer(&f, 0);
    }
    g_assert_cmpuint(rd(RDT), ==, 6);
}

static void test_null_descriptor(void)
{
    struct frame f;

    ring_start("e1000", 8, RCTL_SECRC | RCTL_BSIZE_256);
    put64(RING_AT, 0);
    put64(RING_AT + 32, 0);
    wr(RDBAL, RING_AT); /* what was read ahead is void */
    memset(host.ram, BUF_FILL, 512);
    frame_init(&f, ring_mac, 0x88b5, 300);
    g_assert_true(frame_offer(&f, 0));
    ring_expect(0, RXD_DD, 0, 0);
    ring_expect(1, RXD_DD, 0, 256);
    ring_expect(2, RXD_DD, 0, 0);
    ring_expect(3, RXD_DD | RXD_EOP | RXD_IXSM, 0, 44);
    expect_data(3, &f, 256, 44);
    g_assert_cmphex(host.ram[0], ==, BUF_FILL);

    /* A ring of nothing else holds the network, and nothing hangs */
    for (unsigned i = 0; i < 8; i++) {
        put64(RING_AT + 16 * i, 0);
    }
    wr(RDBAL, RING_AT);
    g_assert_false(frame_offer(&f, 0));
    g_assert_cmpuint(rd(RDH), ==, 4);
}

/* What is in the ring when RDT is written is what counts (DOS drivers) */
static void test_prefetch(void)
{
    struct frame f;

    ring_start("e1000", 8, RCTL_SECRC);
    memset(host.ram + RING_AT, 0xff, 8 * 16);
    frame_init(&f, ring_mac, 0x88b5, 60);
    for (unsigned i = 0; i < 7; i++) {
        g_assert_true(frame_offer(&f, 0));
        expect_data(i, &f, 0, 60);
    }
    g_assert_cmpuint(host.nic->dma_faults, ==, 0);
}

/* PTHRESH: descriptors given later are read later, or at once */
static void test_prefetch_threshold(void)
{
    for (unsigned pthresh = 0; pthresh < 16; pthresh += 8) {
        struct frame f;

        ring_start("e1000", 16, RCTL_SECRC);
        wr(RCTL, 0);
        wr(RXDCTL, pthresh | 2 << 8);
        wr(RDT, 4);
        wr(RCTL, RCTL_EN | RCTL_BAM | RCTL_SECRC);
        wr(RDT, 5); /* fewer than HTHRESH */
        put64(RING_AT + 4 * 16, BUF_AT + 15 * BUF_STRIDE);
        wr(RDT, 6);
        put64(RING_AT + 5 * 16, BUF_AT + 15 * BUF_STRIDE);
        frame_init(&f, ring_mac, 0x88b5, 60);
        for (unsigned i = 0; i < 6; i++) {
            g_assert_true(frame_offer(&f, 0));
        }
        if (pthresh) {
            expect_data(5, &f, 0, 60);
        } else {
            expect_data(15, &f, 0, 60);
            g_assert_cmphex(ring_buf(5)[0], ==, BUF_FILL);
        }
    }
}

/* Software that takes descriptors back gets them back */
static void test_rdt_backwards(void)
{
    struct frame f;

    ring_start("e1000", 8, RCTL_SECRC);
    wr(RDT, 1);
    frame_init(&f, ring_mac, 0x88b5, 60);
    g_assert_true(frame_offer(&f, 0));
    g_assert_false(frame_offer(&f, 0));
    ring_expect_free(1);
    ring_renew(31);
    put64(RING_AT + 16, BUF_AT + 31 * BUF_STRIDE);
    wr(RDT, 2);
    g_assert_true(frame_offer(&f, 0));
    expect_data(31, &f, 0, 60);
}

/* Once round the ring many times, with frames of all sizes */
static void test_wrap(void)
{
    uint64_t octets = 0;
    struct frame f;
    unsigned tail = 7, head = 0, frames = 0;

    ring_start("e1000", 8, RCTL_SECRC | RCTL_BSIZE_256);
    for (unsigned i = 0; i < 3000; i++) {
        unsigned need, last;
        size_t len = 60 + i * 131 % 1455;

        frame_init(&f, ring_mac, 0x88b5, len);
        need = (unsigned)(len + 255) / 256;
        while (!frame_offer(&f, 0)) {
            ring_renew(tail);
            tail = (tail + 1) % 8;
            wr(RDT, tail);
        }
        last = (head + need - 1) % 8;
        ring_expect(last, RXD_DD | RXD_EOP | RXD_IXSM, 0,
                    (unsigned)len - 256 * (need - 1));
        g_assert_true(!memcmp(ring_buf(head), f.data, MIN(len, 256)));
        head = (head + need) % 8;
        g_assert_cmpuint(rd(RDH), ==, head);
        octets += len + 4;
        frames++;
    }
    g_assert_cmpuint(rd(GPRC), ==, frames);
    g_assert_cmpuint(rd(GORCL), ==, (uint32_t)octets);
}

static struct {
    unsigned writes, data, status;
    bool early;
} order;

static void watch_order(gpa_t at, size_t len, bool write)
{
    bool in_ring = at.addr >= RING_AT && at.addr < RING_AT + 16 * RING_MAX;

    if (!write) {
        return;
    }
    order.writes++;
    order.early |= (ring_desc(0).status & RXD_DD) != 0;
    if (!in_ring) {
        order.data = order.writes;
    } else if (at.addr == RING_AT + 8 && len == 8) {
        order.status = order.writes;
    }
}

/* DD comes after everything it promises, but what is written with it */
static void test_dd_last(void)
{
    struct frame f;

    ring_start("e1000", 8, 0);
    memset(&order, 0, sizeof(order));
    frame_init(&f, ring_mac, 0x88b5, 100);
    host.at_dma = watch_order;
    g_assert_true(frame_offer(&f, 0));
    host.at_dma = NULL;
    g_assert_cmpuint(order.data, >, 0);
    g_assert_cmpuint(order.status, ==, order.writes);
    g_assert_cmpuint(order.status, >, order.data);
    g_assert_false(order.early);
}

/* Frames that come together are written back and announced together */
static void test_burst(void)
{
    struct frame f;
    struct nic_buf buf = { .data = f.data };
    struct nic_rx rx = { .buf = &buf, .n = 1 };

    ring_start("e1000", 8, RCTL_SECRC);
    wr(IMS, ICR_RXT0);
    frame_init(&f, ring_mac, 0x88b5, 60);
    buf.len = rx.len = f.len;
    host.edges = 0;
    for (unsigned i = 0; i < 3; i++) {
        g_assert_true(nic_receive(host.nic, &rx));
        g_assert_true(host.nic->unsettled);
    }
    g_assert_cmphex(ring_desc(0).status, ==, 0);
    g_assert_false(host.irq);
    nic_set_bus_master(host.nic, false);
    nic_settle(host.nic);
    g_assert_false(host.irq);
    nic_set_bus_master(host.nic, true);
    nic_settle(host.nic);
    g_assert_false(host.nic->unsettled);
    for (unsigned i = 0; i < 3; i++) {
        ring_expect(i, RXD_DD | RXD_EOP | RXD_IXSM, 0, 60);
    }
    g_assert_cmpuint(host.edges, ==, 1);
    g_assert_cmphex(rd(ICR) & ICR_RXT0, ==, ICR_RXT0);
    /* What is raised earlier is not raised again */
    g_assert_true(nic_receive(host.nic, &rx));
    wr(RDTR, RDTR_FPD);
    g_assert_cmphex(rd(ICR) & ICR_RXT0, ==, ICR_RXT0);
    nic_settle(host.nic);
    g_assert_cmphex(rd(ICR) & ICR_RXT0, ==, 0);
}

/* RXDCTL.WTHRESH collects write-backs, but a receive interrupt has them all */
static void test_write_back_threshold(void)
{
    struct frame f;

    ring_start("e1000", 16, RCTL_SECRC);
    wr(RXDCTL, RXDCTL_GRAN | 3 << RXDCTL_WTHRESH_SHIFT);
    frame_init(&f, ring_mac, 0x88b5, 60);
    g_assert_true(frame_offer(&f, 0));
    ring_expect(0, RXD_DD | RXD_EOP | RXD_IXSM, 0, 60); /* RDTR=0 */

    wr(RDTR, 100);
    for (unsigned i = 1; i < 4; i++) {
        g_assert_cmphex(ring_desc(1).status, ==, 0);
        g_assert_true(frame_offer(&f, 0));
    }
    for (unsigned i = 1; i < 4; i++) {
        ring_expect(i, RXD_DD | RXD_EOP | RXD_IXSM, 0, 60);
    }
    g_assert_true(frame_offer(&f, 0));
    g_assert_cmphex(ring_desc(4).status, ==, 0);
    g_assert_cmpuint(rd(RDH), ==, 5);
    host_step(100 * 1024);
    ring_expect(4, RXD_DD | RXD_EOP | RXD_IXSM, 0, 60);

    /* FPD, and switching off, do not lose any */
    g_assert_true(frame_offer(&f, 0));
    wr(RDTR, RDTR_FPD | 100);
    ring_expect(5, RXD_DD | RXD_EOP | RXD_IXSM, 0, 60);
    g_assert_true(frame_offer(&f, 0));
    wr(RCTL, rd(RCTL) & ~RCTL_EN);
    ring_expect(6, RXD_DD | RXD_EOP | RXD_IXSM, 0, 60);
}

/* The end of the ring is written back at once; GRAN=0 counts cache lines */
static void test_write_back_limits(void)
{
    struct frame f;

    ring_start("e1000", 8, RCTL_SECRC);
    wr(RXDCTL, 1 << RXDCTL_WTHRESH_SHIFT);
    wr(RDTR, 1000);
    frame_init(&f, ring_mac, 0x88b5, 60);
    for (unsigned i = 0; i < 4; i++) {
        g_assert_cmphex(ring_desc(0).status, ==, 0);
        g_assert_true(frame_offer(&f, 0));
    }
    ring_expect(3, RXD_DD | RXD_EOP | RXD_IXSM, 0, 60);

    wr(RXDCTL, RXDCTL_GRAN | 63u << RXDCTL_WTHRESH_SHIFT);
    for (unsigned i = 4; i < 7; i++) {
        g_assert_true(frame_offer(&f, 0));
    }
    g_assert_cmphex(ring_desc(4).status, ==, 0);
    ring_renew(0);
    ring_renew(1);
    wr(RDT, 1);
    g_assert_true(frame_offer(&f, 0));
    for (unsigned i = 4; i < 8; i++) {
        ring_expect(i, RXD_DD | RXD_EOP | RXD_IXSM, 0, 60);
    }

    /* Where they go stopped being memory */
    g_assert_true(frame_offer(&f, 0));
    nic_set_bus_master(host.nic, false);
    host_step(1000 * 1024);
    nic_set_bus_master(host.nic, true);
    g_assert_cmpuint(host.nic->dma_faults, ==, 1);
    g_assert_cmphex(ring_desc(0).status, ==, 0);
}

static void test_statistics(void)
{
    static const struct {
        size_t len;
        uint32_t reg;
    } row[] = {
        { 60, PRC64 },     { 61, PRC127 },    { 123, PRC127 },
        { 124, PRC255 },   { 251, PRC255 },   { 252, PRC511 },
        { 507, PRC511 },   { 508, PRC1023 },  { 1019, PRC1023 },
        { 1020, PRC1522 }, { 1518, PRC1522 },
    };
    struct frame f;

    for (unsigned i = 0; i < G_N_ELEMENTS(row); i++) {
        ring_start("e1000", 8, RCTL_SECRC | RCTL_MPE);
        frame_init(&f, ring_mac, 0x88b5, row[i].len);
        g_assert_true(frame_offer(&f, 0));
        frame_init(&f, ring_broadcast, 0x88b5, row[i].len);
        g_assert_true(frame_offer(&f, 0));
        f.data[5] = 0;
        g_assert_true(frame_offer(&f, 0));
        g_assert_cmpuint(rd(row[i].reg), ==, 3);
        g_assert_cmpuint(rd(row[i].reg), ==, 0);
        g_assert_cmpuint(rd(GPRC), ==, 3);
        g_assert_cmpuint(rd(BPRC), ==, 1);
        g_assert_cmpuint(rd(MPRC), ==, 1);
        g_assert_cmpuint(rd(TPR), ==, 3);
        g_assert_cmpuint(rd(GORCL), ==, 3 * (row[i].len + 4));
        g_assert_cmpuint(rd(TORL), ==, 3 * (row[i].len + 4));
    }
}

/* In D3 there is no DMA; frames only go to the wake-up filters */
static void test_d3(void)
{
    struct frame f;

    ring_start("e1000", 8, RCTL_SECRC);
    frame_init(&f, ring_mac, 0x88b5, 60);
    nic_set_pmcsr(host.nic, PMCSR_D3, 0xffff);
    g_assert_true(frame_offer(&f, 0));
    g_assert_true(frame_offer(&f, NIC_RX_LOOPED));
    ring_expect_free(0);
}

/* Saved in the middle of everything, loaded, and on it goes */
static void test_save(void)
{
    uint8_t state[1 << 18];
    struct frame f;
    size_t size;

    ring_start("e1000", 8, RCTL_SECRC);
    wr(RXDCTL, RXDCTL_GRAN | 4 << RXDCTL_WTHRESH_SHIFT);
    wr(RDTR, 100);
    frame_init(&f, ring_mac, 0x88b5, 60);
    for (unsigned i = 0; i < 3; i++) {
        g_assert_true(frame_offer(&f, 0));
    }
    /* Read ahead, and not in memory any more */
    memset(host.ram + RING_AT + 48, 0xff, 5 * 16);
    size = nic_save(host.nic, state, sizeof(state));
    g_assert_cmpuint(size, <=, sizeof(state));
    nic_reset(host.nic, NIC_RESET_POWER);
    g_assert_null(nic_load(host.nic, state, size));
    g_assert_cmphex(ring_desc(0).status, ==, 0);
    g_assert_true(frame_offer(&f, 0));
    for (unsigned i = 0; i < 4; i++) {
        ring_expect(i, RXD_DD | RXD_EOP | RXD_IXSM, 0, 60);
        expect_data(i, &f, 0, 60);
    }
}

/* All of it at random: nothing may hang, fault or leave memory */
static void test_random(void)
{
    static const uint32_t regs[] = { RDBAL, RDLEN,  RDH,  RDT,  RXDCTL,
                                     RDTR,  RXCSUM, CTRL, RCTL, VET };
    struct frame f;

    ring_start("e1000", RING_MAX, RCTL_SECRC);
    for (unsigned i = 0; i < 100000; i++) {
        uint32_t val = g_test_rand_int();
        size_t len = 1 + val % (i % 16 ? 300 : NIC_RX_MAX);
        unsigned flags = (val >> 16) & (NIC_RX_CSUM_GOOD | NIC_RX_LOOPED);

        switch (g_test_rand_int_range(0, 8)) {
        case 0:
            if (val & 1) {
                ring_renew(val >> 8 & 31);
            } else {
                put64(RING_AT + 16 * (val >> 8 & 31), val % (2 * HOST_RAM));
            }
            break;
        case 1:
            val = g_test_rand_int();
            wr(regs[val % G_N_ELEMENTS(regs)], g_test_rand_int());
            break;
        case 2:
            wr(RDBAL, RING_AT);
            wr(RDLEN, 32 * 16);
            wr(RDH, val & 31);
            wr(RDT, val >> 5 & 31);
            wr(RCTL, RCTL_EN | RCTL_UPE | (val & RCTL_MASK & ~(3u << 6)));
            break;
        case 3:
            host_step(val & 0xfffff);
            break;
        default:
            frame_init(&f, ring_mac, val & 1 ? 0x0800 : 0x86dd, MAX(len, 14));
            f.data[14] = val & 1 ? 0x45 : 0x60;
            f.len = len;
            (void)frame_offer(&f,
                              flags | (len > 4 && val & 2 ? NIC_RX_FCS : 0));
        }
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        { "plain", test_plain },
        { "fcs-kept", test_fcs_kept },
        { "buffer-sizes", test_buffer_sizes },
        { "fcs-split", test_fcs_split },
        { "pieces", test_pieces },
        { "vlan-strip", test_vlan_strip },
        { "lengths", test_lengths },
        { "runts", test_runts },
        { "bad-fcs", test_bad_fcs },
        { "receiver-off", test_receiver_off },
        { "bus-master-off", test_bus_master_off },
        { "exhaustion", test_exhaustion },
        { "overrun", test_overrun },
        { "ring-nonsense", test_ring_nonsense },
        { "threshold", test_threshold },
        { "dma-faults", test_dma_faults },
        { "dma-to-self", test_dma_to_self },
        { "null-descriptor", test_null_descriptor },
        { "prefetch", test_prefetch },
        { "prefetch-threshold", test_prefetch_threshold },
        { "rdt-backwards", test_rdt_backwards },
        { "wrap", test_wrap },
        { "dd-last", test_dd_last },
        { "burst", test_burst },
        { "write-back-threshold", test_write_back_threshold },
        { "write-back-limits", test_write_back_limits },
        { "statistics", test_statistics },
        { "d3", test_d3 },
        { "save", test_save },
        { "random", test_random },
    };

    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++) {
        char *path = g_strdup_printf("/e1000-rx/%s", tests[i].name);

        g_test_add_func(path, tests[i].run);
        g_free(path);
    }
    return g_test_run();
}
