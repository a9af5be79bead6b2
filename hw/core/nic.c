// SPDX-License-Identifier: MIT
/*
 * nic.c - the ways into a network card model, and out of it
 *
 * A guest can aim a card's DMA at the card's own registers.  No bus would
 * deadlock on that, and no model should have to think of it: while a model
 * runs, every other way in is refused here, for all models alike.
 */
#include <string.h>

#include "hw/nic.h"

static bool nic_enter(struct nic *n)
{
    if (n->entered) {
        n->refused++;
        return false;
    }
    n->entered = true;
    return true;
}

static void nic_leave(struct nic *n)
{
    n->entered = false;
}

void nic_init(struct nic *n, const struct nic_model *model,
              const struct nic_host *host)
{
    n->model = model;
    n->host = host;
    n->link_up = true;
    for (unsigned i = 0; i < model->n_props; i++) {
        n->prop[i] = model->prop[i].def;
    }
    for (unsigned i = 0; i < NIC_TIMERS_MAX; i++) {
        n->deadline[i] = NIC_TIMER_OFF;
    }
    for (const struct regfile *const *rf = model->regs; *rf; rf++) {
        regs_index(*rf);
    }
}

void nic_reset(struct nic *n, enum nic_reset kind)
{
    if (!nic_enter(n)) {
        return;
    }
    n->work = 0;
    /* A card that D3 leaves alone still has to settle */
    n->unsettled &= kind == NIC_RESET_D3;
    if (kind == NIC_RESET_POWER) {
        n->pmcsr = 0;
    }
    for (unsigned i = 0; i < n->model->timers; i++) {
        nic_timer(n, i, NIC_TIMER_OFF);
    }
    n->model->reset(n, kind);
    nic_leave(n);
}

uint32_t nic_read(struct nic *n, unsigned bar, uint32_t off, unsigned size)
{
    uint32_t val = UINT32_MAX >> (32 - 8 * size);

    if (nic_enter(n)) {
        val = n->model->read(n, bar, off, size);
        nic_leave(n);
    }
    return val;
}

void nic_write(struct nic *n, unsigned bar, uint32_t off, unsigned size,
               uint32_t val)
{
    if (nic_enter(n)) {
        n->model->write(n, bar, off, size, val);
        nic_leave(n);
    }
}

bool nic_receive(struct nic *n, const struct nic_rx *rx)
{
    bool taken;

    if (!nic_enter(n)) {
        return false;
    }
    taken = n->model->receive(n, rx);
    nic_leave(n);
    if (taken && n->tracing) {
        n->host->trace(n, &(struct nic_trace){ .kind = NIC_TRACE_RECEIVE,
                                               .name = "receive",
                                               .val = rx->len });
    }
    if (taken && n->model->settle && !n->unsettled) {
        n->unsettled = true;
        n->host->wake(n);
    }
    return taken;
}

/* Whether it may do of its own accord what needs the bus */
static bool may_work(const struct nic *n)
{
    return n->bus_master || n->model->slave;
}

void nic_settle(struct nic *n)
{
    if (n->unsettled && may_work(n) && nic_enter(n)) {
        n->unsettled = false;
        n->model->settle(n);
        nic_leave(n);
    }
}

void nic_expired(struct nic *n, unsigned id)
{
    if (id >= n->model->timers || !nic_enter(n)) {
        return;
    }
    n->deadline[id] = NIC_TIMER_OFF;
    n->model->expired(n, id);
    nic_leave(n);
}

bool nic_run(struct nic *n)
{
    uint32_t work = n->work;

    if (!work || !may_work(n) || !n->model->run || !nic_enter(n)) {
        return false;
    }
    n->work = 0;
    n->model->run(n, work);
    nic_leave(n);
    return n->work != 0;
}

void nic_set_link(struct nic *n, bool up)
{
    if (n->link_up == up || !nic_enter(n)) {
        return;
    }
    n->link_up = up;
    if (n->model->link) {
        n->model->link(n);
    }
    nic_leave(n);
}

void nic_set_bus_master(struct nic *n, bool on)
{
    if (n->bus_master == on) {
        return;
    }
    n->bus_master = on;
    if (on) {
        if (n->work || n->unsettled) {
            n->host->wake(n);
        }
        n->host->rx_ready(n);
    }
}

void nic_set_pmcsr(struct nic *n, uint16_t val, uint16_t lanes)
{
    const uint16_t rw = PMCSR_STATE | PMCSR_PME_EN | PMCSR_DATA_SELECT;
    uint16_t old = n->pmcsr, mask = rw & lanes;

    if (!nic_enter(n)) {
        return;
    }
    /* D1 and D2 are not supported: such a write leaves the state alone */
    if ((val & PMCSR_STATE) != 0 && (val & PMCSR_STATE) != PMCSR_D3) {
        mask &= (uint16_t)~PMCSR_STATE;
    }
    n->pmcsr = (uint16_t)((old & ~mask) | (val & mask));
    n->pmcsr &= (uint16_t) ~(val & lanes & PMCSR_PME_STATUS);
    if (n->model->power) {
        n->model->power(n, old);
    }
    nic_leave(n);
    if ((old & PMCSR_STATE) == PMCSR_D3 && !(n->pmcsr & PMCSR_STATE)) {
        nic_reset(n, NIC_RESET_D3);
    }
}

void nic_kick(struct nic *n, uint32_t work)
{
    bool idle = !n->work;

    n->work |= work;
    if (idle && work) {
        n->host->wake(n);
    }
}

void nic_irq(struct nic *n, bool level)
{
    if (n->irq_level != level) {
        n->irq_level = level;
        n->host->irq(n, level);
    }
}

void nic_timer(struct nic *n, unsigned id, uint64_t deadline)
{
    if (n->deadline[id] != deadline) {
        n->deadline[id] = deadline;
        n->host->timer(n, id, deadline);
    }
}

bool nic_send(struct nic *n, struct nic_frame *f)
{
    if (n->tracing) {
        n->host->trace(n, &(struct nic_trace){ .kind = NIC_TRACE_SEND,
                                               .name = "send",
                                               .val = f->len });
    }
    return n->host->send(n, f);
}

void nic_pme(struct nic *n, bool status, bool enable)
{
    uint16_t val = (uint16_t)(n->pmcsr & ~(PMCSR_PME_STATUS | PMCSR_PME_EN));

    val |= status ? PMCSR_PME_STATUS : 0;
    val |= enable ? PMCSR_PME_EN : 0;
    if (val != n->pmcsr) {
        n->pmcsr = val;
        n->host->pm(n);
    }
}

void nic_event(struct nic *n, unsigned event, uint64_t val)
{
    n->events[event]++;
    if (n->tracing) {
        n->host->trace(n,
                       &(struct nic_trace){ .kind = NIC_TRACE_EVENT,
                                            .name = n->model->event[event].name,
                                            .val = val });
    }
}
