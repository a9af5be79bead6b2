// SPDX-License-Identifier: MIT
/*
 * e1000-strict.c - the property "strict": what a chip punishes and we forgive
 *
 * Looks at accesses before they are carried out and changes nothing.  Rows of
 * e1000-regs.def say what is writable; bits that do something and clear
 * themselves are in no mask, and therefore listed here.
 */
#include "hw/net/e1000.h"

enum {
    DESC = 16,
    RESET_NS = 1000, /* SDM 13.4.1: leave the chip alone so long */
};

#define FIELD(id) (offsetof(struct e1000, reg.id) - offsetof(struct e1000, reg))

void e1000_strict(struct e1000 *d, unsigned event, uint64_t val)
{
    if (d->nic.prop[E1000_PROP_STRICT]) {
        nic_event(&d->nic, event, val);
    }
}

static bool is_field(const struct reg *r, uint32_t field)
{
    return r->field == field;
}

/* Bits outside the masks that software may set all the same */
static uint32_t command_bits(const struct reg *r)
{
    static const struct {
        uint32_t field, bits;
    } commands[] = {
        { FIELD(CTRL), CTRL_RST },
        { FIELD(CTRL_EXT), CTRL_EXT_ASDCHK | CTRL_EXT_EE_RST },
        { FIELD(EERD), EERD_START },
        { FIELD(TCTL), TCTL_SWXOFF },
        { FIELD(RDTR), RDTR_FPD },
        { FIELD(TIDV), RDTR_FPD },
        { FIELD(WUC), WUC_PME_EN | WUC_PME_STATUS },
    };

    for (unsigned i = 0; i < NIC_N(commands); i++) {
        if (r->field == commands[i].field) {
            return commands[i].bits;
        }
    }
    return 0;
}

/* The ring's own registers: they are set before the ring is switched on */
static bool is_rx_ring(const struct reg *r)
{
    return is_field(r, FIELD(RDBAL)) || is_field(r, FIELD(RDBAH)) ||
           is_field(r, FIELD(RDLEN)) || is_field(r, FIELD(RDH));
}

static bool is_tx_ring(const struct reg *r)
{
    return is_field(r, FIELD(TDBAL)) || is_field(r, FIELD(TDBAH)) ||
           is_field(r, FIELD(TDLEN)) || is_field(r, FIELD(TDH));
}

static void check_order(struct e1000 *d, const struct reg *r, uint32_t val)
{
    bool rx = d->reg.RCTL & RCTL_EN, tx = d->reg.TCTL & TCTL_EN, bad;

    bad = (rx && is_rx_ring(r)) || (tx && is_tx_ring(r));
    if (is_field(r, FIELD(RCTL))) {
        bad = !rx && (val & RCTL_EN) && !d->reg.RDLEN;
    } else if (is_field(r, FIELD(TCTL))) {
        bad = !tx && (val & TCTL_EN) && !d->reg.TDLEN;
    }
    if (bad) {
        e1000_strict(d, E1000_EVENT_STRICT_ORDER, r->offset);
    }
    if (is_field(r, FIELD(CTRL)) && (val & CTRL_RST) && (rx || tx)) {
        e1000_strict(d, E1000_EVENT_STRICT_RESET, val);
    }
}

static void check_tail(struct e1000 *d, const struct reg *r, uint32_t val)
{
    uint32_t n = is_field(r, FIELD(RDT)) ? d->reg.RDLEN : d->reg.TDLEN;

    if ((is_field(r, FIELD(RDT)) || is_field(r, FIELD(TDT))) && val &&
        val >= n / DESC) {
        e1000_strict(d, E1000_EVENT_STRICT_TAIL, val);
    }
}

/* Bits set that are not there to be set */
static void check_bits(struct e1000 *d, const struct reg *r, unsigned i,
                       uint32_t val)
{
    uint32_t may = r->rw | r->w1c | r->w1s | command_bits(r);
    bool base_or_len = (is_rx_ring(r) || is_tx_ring(r)) &&
                       !is_field(r, FIELD(RDH)) && !is_field(r, FIELD(TDH));

    if (!may && !r->written) {
        e1000_strict(d, E1000_EVENT_STRICT_READONLY, r->offset);
        return;
    }
    if (!may || !(val & ~may)) {
        return;
    }
    if (base_or_len) {
        e1000_strict(d, E1000_EVENT_STRICT_RING, val);
    } else if (val & ~may &
               ~(uint32_t)regs_peek(&e1000_mac_regs, r, &d->nic, i)) {
        e1000_strict(d, E1000_EVENT_STRICT_RESERVED, r->offset);
    }
}

void e1000_strict_access(struct e1000 *d, uint32_t off, unsigned size)
{
    if (!d->nic.prop[E1000_PROP_STRICT]) {
        return;
    }
    if (d->nic.host->now(&d->nic) < d->reg.reset_until) {
        nic_event(&d->nic, E1000_EVENT_STRICT_RESET, off);
    }
    if (size != 4 || (off & 3)) {
        nic_event(&d->nic, E1000_EVENT_STRICT_WIDTH, off);
    }
}

void e1000_strict_write(struct e1000 *d, uint32_t off, unsigned size,
                        uint32_t val)
{
    const struct reg *r;
    unsigned i = 0;

    e1000_strict_access(d, off, size);
    if (!d->nic.prop[E1000_PROP_STRICT] || size != 4 || (off & 3)) {
        return;
    }
    r = regs_at(&e1000_mac_regs, &d->nic, REG_WRITE, off, &i);
    if (!r) {
        nic_event(&d->nic, E1000_EVENT_STRICT_RESERVED, off);
        return;
    }
    check_bits(d, r, i, val);
    check_order(d, r, val);
    check_tail(d, r, val);
}

void e1000_strict_reset(struct e1000 *d)
{
    d->reg.reset_until = d->nic.host->now(&d->nic) + RESET_NS;
}
