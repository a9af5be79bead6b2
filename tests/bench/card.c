// SPDX-License-Identifier: MIT
/*
 * card.c - frames in guest memory, the same way for each card
 *
 * They are written once.  Before a doorbell only their number changes: what
 * the card reads has then mostly been read before, as with the programs that
 * measure the host alone.
 */
#include <string.h>

#include "bench.h"

/* Cards write the IP header's sum themselves, and for a frame that they cut
 * know the length in the pseudo header: drivers leave both at zero */
static void for_card(const struct flow *f, uint8_t *buf)
{
    uint8_t *ip = buf + 14;
    uint32_t sum = 0;

    put_be16(ip + 10, 0);
    if (f->kind != KIND_TSO) {
        return;
    }
    for (unsigned i = 12; i < 20; i += 2) {
        sum += (uint32_t)ip[i] << 8 | ip[i + 1];
    }
    sum += ip[9];
    put_be16(ip + 36, (sum & 0xffff) + (sum >> 16));
}

void tx_buffers(struct emu *emu, const struct flow *f)
{
    static uint8_t buf[FRAME_ROOM];

    for (uint32_t seq = 0; seq < TX_SLOTS; seq++) {
        uint8_t *to = emu->ram + TX_DATA_AT + seq * BUF_SIZE;
        unsigned len = flow_frame(f, seq, buf);

        if (f->kind != KIND_PLAIN) {
            for_card(f, buf);
        }
        if (f->kind == KIND_TSO) {
            memcpy(to, buf, TCP_HEADERS);
            memcpy(emu->ram + tx_payload(f, seq), buf + TCP_HEADERS,
                   len - TCP_HEADERS);
        } else {
            memcpy(to, buf, len);
        }
    }
}

size_t tx_payload(const struct flow *f, uint32_t seq)
{
    return TX_PAYLOAD_AT + (size_t)(seq % f->slots) * BIG_STRIDE;
}

size_t tx_number(struct emu *emu, const struct flow *f, uint32_t seq)
{
    size_t at = TX_DATA_AT + (size_t)(seq % TX_SLOTS) * BUF_SIZE;

    flow_renumber(f, seq, emu->ram + at);
    return at;
}
