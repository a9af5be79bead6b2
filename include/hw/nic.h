/* SPDX-License-Identifier: MIT */
/*
 * nic.h - the contract between a network card model and its host
 *
 * A model (hw/net) is a pure machine: registers in; DMA, pin and frames out.
 * A host is whoever implements struct nic_host and drives the model through
 * the functions at the end of this file: our own machine (qtest, Xen), the
 * QEMU shim, the unit tests and the fuzzer.  Neither includes the other's
 * headers.  All calls are made from one thread.
 */
#ifndef HW_NIC_H
#define HW_NIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw/gpa.h"
#include "hw/regs.h"

#define NIC_MUST_CHECK __attribute__((warn_unused_result))
#define NIC_N(array)   (sizeof(array) / sizeof((array)[0]))

/* Deadline meaning that a timer is off */
#define NIC_TIMER_OFF UINT64_MAX

enum {
    NIC_HEAD_COPY = 256,  /* First bytes of a frame that a model copies */
    NIC_HEAD_MAX = 264,   /* ... with room for an inserted VLAN tag */
    NIC_PIECES_MAX = 256, /* Guest buffers of one frame */
    NIC_RX_MAX = 16384,   /* Longest frame a host may hand in, no FCS */
    NIC_RX_HEAD = 256,    /* First bytes that are contiguous in struct nic_rx */
    NIC_TIMERS_MAX = 16,
    NIC_PROPS_MAX = 16,
    NIC_EVENTS_MAX = 32,
};

/**
 * enum nic_reset - Why a card is reset; chips keep different registers
 * @NIC_RESET_POWER: Power applied: everything
 * @NIC_RESET_BUS:   PCI RST# or ISA RESET DRV; auxiliary power stays
 * @NIC_RESET_D3:    Leaving D3hot
 * @NIC_RESET_CHIP:  Software reset through the chip's own register
 */
enum nic_reset {
    NIC_RESET_POWER,
    NIC_RESET_BUS,
    NIC_RESET_D3,
    NIC_RESET_CHIP,
};

struct nic;

/**
 * struct nic_piece - Part of a frame that is still where the guest put it
 * @at:  In guest memory
 * @own: If not NULL, in the card's own packet memory, and @at means nothing
 */
struct nic_piece {
    gpa_t at;
    uint32_t len;
    const uint8_t *own;
};

/**
 * struct nic_csum - A 16-bit one's complement sum the guest asked for
 * @start: First byte summed
 * @at:    Where the complement of the sum is stored, big-endian
 * @end:   One past the last byte summed, 0 meaning the end of the frame
 *
 * The bytes at @at are part of the sum, so the guest presets them (0, or the
 * sum of the pseudo-header).  Not applied if @at + 2 or @start lies beyond the
 * frame.  With GSO all offsets are those of each segment.
 */
struct nic_csum {
    uint16_t start, at, end;
};

/**
 * struct nic_gso - Cutting a frame into segments
 * @type:    NIC_GSO_NONE: the frame leaves as it is
 * @ipv6:    Header at @ip is IPv6 (payload length patched), else IPv4 (total
 *           length and identification patched)
 * @mss:     Payload bytes per segment, at least 1 with a type
 * @hdr_len: Bytes of header repeated before each segment; at most
 *           NIC_HEAD_COPY + 4, never more than struct nic_frame.head_len
 * @ip, @l4: Offsets of the IP and the TCP or UDP header.  The model made sure
 *           that the fields to patch lie inside hdr_len
 *
 * UDP segments are datagrams of their own with the UDP length patched.  The
 * L4 length of the segment is added to the preset at csum[1].at, because the
 * guest cannot know it.
 */
struct nic_gso {
    enum { NIC_GSO_NONE, NIC_GSO_TCP, NIC_GSO_UDP } type;
    bool ipv6;
    uint16_t mss, hdr_len, ip, l4;
};

/**
 * struct nic_frame - A frame leaving a model
 * @head:     Private copy of the first bytes, all of them if no pieces follow;
 *            a VLAN tag is already inserted
 * @head_len: Bytes valid in @head
 * @piece:    What follows, mostly in guest memory.  The guest may change it at
 *            any time; nothing read from it may be trusted twice
 * @n_pieces: At most NIC_PIECES_MAX
 * @len:      head_len and all pieces
 * @csum:     Sums to be filled in, in this order: [0] IP header or legacy
 *            insertion, [1] TCP or UDP.  start == 0 && at == 0: none
 * @gso:      Segmentation
 * @has_fcs:  The last 4 bytes are an FCS that software supplied; not with GSO
 * @loop:     Internal loopback: the host applies @csum and @gso and hands the
 *            result to nic_receive() with NIC_RX_LOOPED, not to the network
 *
 * Valid only during the call.
 */
struct nic_frame {
    uint8_t head[NIC_HEAD_MAX];
    uint16_t head_len, n_pieces;
    const struct nic_piece *piece;
    uint32_t len;
    struct nic_csum csum[2];
    struct nic_gso gso;
    bool has_fcs, loop;
};

/**
 * struct nic_buf - Host memory; laid out like struct iovec
 */
struct nic_buf {
    const uint8_t *data;
    size_t len;
};

enum {
    NIC_RX_CSUM_GOOD = 1 << 0, /* IP and TCP/UDP sums are known to be right */
    NIC_RX_FCS = 1 << 1,       /* The last 4 bytes are an FCS, maybe wrong */
    NIC_RX_LOOPED = 1 << 2,    /* From nic_frame.loop */
};

/**
 * struct nic_rx - A frame entering a model
 * @buf:   Pieces; the first holds at least min(@len, NIC_RX_HEAD) bytes
 * @n:     Number of pieces, at least 1
 * @len:   All of them, 1 to NIC_RX_MAX (+4 with NIC_RX_FCS)
 * @flags: NIC_RX_*
 *
 * Without NIC_RX_FCS a good FCS is implied.  Hosts pad frames from the network
 * to 60 bytes, because software senders do not; looped frames come as they are.
 * A checksum that is only partly computed never reaches a model.
 */
struct nic_rx {
    const struct nic_buf *buf;
    unsigned n;
    size_t len;
    unsigned flags;
};

/**
 * struct nic_trace - One line of the trace
 * @kind: READ and WRITE: register access; SEND and RECEIVE: a frame of @val
 *        bytes; EVENT: entry of the model's event list
 * @file: Register file, NULL for frames and events
 * @name: Register, or the event's name
 * @i:    Array element
 * @val:  Value, length, or the event's argument
 */
struct nic_trace {
    enum {
        NIC_TRACE_READ,
        NIC_TRACE_WRITE,
        NIC_TRACE_SEND,
        NIC_TRACE_RECEIVE,
        NIC_TRACE_EVENT,
    } kind;
    const char *file, *name;
    unsigned i;
    uint64_t val;
};

/**
 * struct nic_host - What a host gives a card
 * @dma_read, @dma_write: False if not all of it is guest memory; what was
 *            moved then is undefined.  The card reacts as the chip would: the
 *            ring stops.  Writes are seen in their order, and of 4 or 8 aligned
 *            bytes nobody sees a half
 * @prefetch: The card is going to read or write there soon.  May be NULL
 * @irq:      Level of the interrupt pin, called on changes only.  The host
 *            makes INTx of it, or an MSI message of each rising edge
 * @now:      Nanoseconds of the virtual clock
 * @timer:    nic_expired(n, id) at @deadline (absolute), or NIC_TIMER_OFF
 * @send:     Takes the frame always (sends, queues within bounds, or drops and
 *            counts), and may change its head.  False: the visit should end
 *            after it; the host calls nic_kick() with the same work again when
 *            there is room
 * @wake:     There is deferred work, or a burst of frames to be settled: call
 *            nic_settle() and nic_run() soon, not from here
 * @rx_ready: A frame that nic_receive() refused may be offered again, not from
 *            here
 * @pm:       The model changed nic.pmcsr (PME_Status or PME_En)
 * @sum:      16-bit one's complement sum (not complemented, big-endian words
 *            counted from @from) of @len bytes of a received frame
 * @fcs:      CRC-32 of a received frame, all @len bytes, as the wire has it
 *            when stored little-endian
 * @trace:    Only called while nic.tracing
 *
 * None calls back into the card before it returns.
 */
struct nic_host {
    bool (*dma_read)(struct nic *n, gpa_t at, void *p, size_t len);
    bool (*dma_write)(struct nic *n, gpa_t at, const void *p, size_t len);
    void (*prefetch)(struct nic *n, gpa_t at, size_t len, bool write);
    void (*irq)(struct nic *n, bool level);
    uint64_t (*now)(struct nic *n);
    void (*timer)(struct nic *n, unsigned id, uint64_t deadline);
    bool (*send)(struct nic *n, struct nic_frame *f);
    void (*wake)(struct nic *n);
    void (*rx_ready)(struct nic *n);
    void (*pm)(struct nic *n);
    uint16_t (*sum)(struct nic *n, const struct nic_rx *rx, size_t from,
                    size_t len);
    uint32_t (*fcs)(struct nic *n, const struct nic_rx *rx, size_t len);
    void (*trace)(struct nic *n, const struct nic_trace *t);
};

/**
 * struct nic_bar - One base address register
 * @kind: NIC_BAR_NONE ends nothing: BARs keep their number
 * @size: Power of two
 */
struct nic_bar {
    enum { NIC_BAR_NONE, NIC_BAR_MEM, NIC_BAR_IO } kind;
    uint32_t size;
};

/**
 * struct nic_pci - The PCI function a model is; a capability at 0 is absent
 * @romfile: Default expansion ROM, as QEMU names it
 * @pmc:     Power Management Capabilities register
 */
struct nic_pci {
    uint16_t vendor, device, subsystem_vendor, subsystem;
    uint8_t revision, min_gnt, max_lat;
    struct nic_bar bar[6];
    uint8_t pm, msi;
    uint16_t pmc;
    const char *romfile;
};

/**
 * struct nic_isa - The ISA card a model is
 * @ports:  I/O ports decoded, a power of two: the card compares the address
 *          bits above them, so the first is a multiple of it
 * @iobase: Default of the first port
 * @irq:    Default interrupt line
 * @irqs:   Lines that the card's jumpers reach, a bit for each; 0 if any
 *
 * Where a card is jumpered to is the host's to know: each host gives a model
 * with this the properties "iobase" and "irq", refuses what the bus does not
 * have (NIC_ISA_IRQS), and hands in accesses as those of bar 0.
 */
struct nic_isa {
    uint32_t ports, iobase;
    uint8_t irq;
    uint16_t irqs;
};

/*
 * Lines of a 16-bit slot.  The timer (0), keyboard (1), cascade (2), clock (8)
 * and coprocessor (13) keep theirs on the system board; the pin that was IRQ2
 * in the PC is line 9.
 */
#define NIC_ISA_IRQS 0xdef8u

/**
 * struct nic_prop - A property beside those every card has (mac, netdev, ..)
 * @name: As QEMU spells it
 * @type: How it is parsed and shown
 * @def:  Default
 * @min, @max: Range of NIC_PROP_UINT
 * @help: One line
 * @dead: Accepted because QEMU has or had it; changes nothing
 */
struct nic_prop {
    const char *name;
    enum { NIC_PROP_BOOL, NIC_PROP_UINT } type;
    uint32_t def, min, max;
    const char *help;
    bool dead;
};

/**
 * struct nic_event - Something a register trace cannot say
 * @name: As traces and counters show it
 * @text: When it happens, one sentence
 */
struct nic_event {
    const char *name, *text;
};

/**
 * struct nic_filter - Receive filter in QEMU's words (QMP query-rx-filter)
 * @unicast, @multicast: NONE nothing, NORMAL by table, ALL everything
 * @mac:    Station address
 * @table:  Further unicast addresses, @n_table of them
 */
struct nic_filter {
    bool promiscuous, broadcast_allowed, vlan_filter;
    enum {
        NIC_FILTER_NONE,
        NIC_FILTER_NORMAL,
        NIC_FILTER_ALL
    } unicast,
        multicast;
    uint8_t mac[6];
    uint8_t table[16][6];
    unsigned n_table;
};

/**
 * struct nic_model - A kind of card; const, and all a model exports
 * @name:     As QEMU names the device
 * @alias:    A second name, or NULL
 * @desc:     One line for -device help
 * @chip:     Variant bit, matched with struct reg.chips
 * @size:     Of an instance; struct nic is its first member
 * @timers:   Timers used, ids 0..timers-1
 * @slave:    It never masters the bus: its work needs no permission to
 * @prompt:   A guest is to find the work that a register write left done when
 *            the write is answered, or one visit of it: drivers rely on that
 * @pci:      NULL for a card that is not on PCI
 * @isa:      NULL for a card that is not on ISA
 * @prop:     @n_props properties; values are in nic.prop[] in this order
 * @event:    @n_events events; counts are in nic.events[] in this order
 * @regs:     NULL-terminated register files, for save, dump and manual
 * @reset:    Bring the state to what @kind leaves
 * @read, @write: Access to a BAR (or the ISA window, bar 0), size 1, 2 or 4
 * @receive:  True: taken (or dropped as the chip would); false: offer it again
 *            after rx_ready()
 * @settle:   Frames were received, and no more are at hand: do what @receive
 * may put off till then, such as to write descriptors back and to interrupt.
 * NULL if it puts nothing off
 * @expired:  Timer @id came due; it is off now
 * @run:      Do deferred work; @work has the bits given to nic_kick().  A visit
 *            is bounded; what remains is kicked again
 * @link:     nic.link_up changed
 * @power:    Configuration software changed nic.pmcsr; @old is before
 * @loaded:   A saved state was loaded: check what no single row can, recompute
 *            derived state.  False refuses the state
 * @filter:   Describe the receive filter
 *
 * @link, @power, @filter and @run may be NULL.
 */
struct nic_model {
    const char *name, *alias, *desc;
    uint8_t chip;
    size_t size;
    unsigned timers;
    bool slave, prompt;
    const struct nic_pci *pci;
    const struct nic_isa *isa;
    const struct nic_prop *prop;
    unsigned n_props;
    const struct nic_event *event;
    unsigned n_events;
    const struct regfile *const *regs;
    void (*reset)(struct nic *n, enum nic_reset kind);
    uint32_t (*read)(struct nic *n, unsigned bar, uint32_t off, unsigned size);
    void (*write)(struct nic *n, unsigned bar, uint32_t off, unsigned size,
                  uint32_t val);
    bool (*receive)(struct nic *n, const struct nic_rx *rx);
    void (*settle)(struct nic *n);
    void (*expired)(struct nic *n, unsigned id);
    void (*run)(struct nic *n, uint32_t work);
    void (*link)(struct nic *n);
    void (*power)(struct nic *n, uint16_t old);
    bool (*loaded)(struct nic *n);
    void (*filter)(const struct nic *n, struct nic_filter *f);
};

/* PMCSR bits (PCI Power Management 1.1, 3.2.4) */
enum {
    PMCSR_STATE = 0x0003,
    PMCSR_D3 = 0x0003,
    PMCSR_PME_EN = 0x0100,
    PMCSR_DATA_SELECT = 0x1e00,
    PMCSR_DATA_SCALE = 0x6000,
    PMCSR_PME_STATUS = 0x8000,
};

/**
 * struct nic - What every card has; first member of an instance
 * @model, @host: Set by nic_init()
 * @mac:        Permanent address, set by the host before nic_init()
 * @prop:       Property values, set by the host between nic_init(), which gives
 *              them their defaults, and the first nic_reset()
 * @link_up:    Whether a cable with a partner is plugged; nic_set_link()
 * @bus_master: Whether DMA is allowed; nic_set_bus_master()
 * @pmcsr:      PCI PMCSR; the only place where it is kept.  Models change it
 *              through nic_pme(), configuration software through
 * nic_set_pmcsr()
 * @irq_level:  Level last given to the host
 * @work:       Deferred work not yet run
 * @unsettled:  Frames were received since nic_settle()
 * @deadline:   Of each timer
 * @tracing:    Trace register accesses and frames
 * @entered:    The model is running
 * @refused:    Accesses that found it running
 * @events:     Count of each of the model's events
 * @dma_faults: DMA that the host refused
 */
struct nic {
    const struct nic_model *model;
    const struct nic_host *host;
    uint8_t mac[6];
    uint32_t prop[NIC_PROPS_MAX];
    bool link_up, bus_master;
    uint16_t pmcsr;
    bool irq_level, tracing, entered, unsettled;
    uint32_t work;
    uint64_t deadline[NIC_TIMERS_MAX];
    uint64_t refused, dma_faults;
    uint64_t events[NIC_EVENTS_MAX];
};

/* All models, NULL-terminated (hw/net/models.c) */
extern const struct nic_model *const nic_models[];

/* For hosts: the only ways into a model; none enters it twice */

/**
 * nic_init() - Make zeroed memory of model->size bytes a card
 *
 * The caller owns the memory, has set nic.mac, and calls nic_reset() with
 * NIC_RESET_POWER before anything else.  There is nothing to undo.
 */
void nic_init(struct nic *n, const struct nic_model *model,
              const struct nic_host *host);
void nic_reset(struct nic *n, enum nic_reset kind);
uint32_t nic_read(struct nic *n, unsigned bar, uint32_t off, unsigned size);
void nic_write(struct nic *n, unsigned bar, uint32_t off, unsigned size,
               uint32_t val);

/**
 * nic_receive() - Offer a frame from the network
 *
 * Return: false if the card cannot take it now; keep it, stop reading, and
 * offer it again after nic_host.rx_ready()
 */
bool NIC_MUST_CHECK nic_receive(struct nic *n, const struct nic_rx *rx);

/* The end of a burst of frames: soon after nic_receive(), see nic_host.wake */
void nic_settle(struct nic *n);
void nic_expired(struct nic *n, unsigned id);

/**
 * nic_run() - Do deferred work once
 *
 * Return: whether more is left; it was not announced by nic_host.wake() again
 */
bool nic_run(struct nic *n);
void nic_set_link(struct nic *n, bool up);
void nic_set_bus_master(struct nic *n, bool on);

/**
 * nic_set_pmcsr() - Configuration software wrote PMCSR
 * @val: The 16 bits as they would be stored; PME_Status is write-one-to-clear,
 *       read-only bits are kept
 *
 * Leaving D3 resets the card (NIC_RESET_D3).
 */
void nic_set_pmcsr(struct nic *n, uint16_t val, uint16_t lanes);

/**
 * nic_save() - Write the state of a card into a buffer
 *
 * Return: bytes needed; nothing is written past @size.  The format is that of
 * hw/core/state.c: by name, so rows may come and go
 */
size_t nic_save(struct nic *n, uint8_t *buf, size_t size);

/**
 * nic_load() - Take a state that nic_save() made, maybe elsewhere
 *
 * The state is not trusted.  Return: NULL, or what is wrong with it (a
 * literal); the card is then as after NIC_RESET_POWER.
 */
const char *NIC_MUST_CHECK nic_load(struct nic *n, const uint8_t *buf,
                                    size_t size);

/* For models */

static inline bool NIC_MUST_CHECK nic_dma_read(struct nic *n, gpa_t at, void *p,
                                               size_t len)
{
    bool ok = n->host->dma_read(n, at, p, len);

    n->dma_faults += !ok;
    return ok;
}

static inline bool NIC_MUST_CHECK nic_dma_write(struct nic *n, gpa_t at,
                                                const void *p, size_t len)
{
    bool ok = n->host->dma_write(n, at, p, len);

    n->dma_faults += !ok;
    return ok;
}

/* A hint that guest memory will be read, or written, soon, so that the host's
 * memory is not waited for then */
static inline void nic_prefetch(struct nic *n, gpa_t at, size_t len, bool write)
{
    if (n->host->prefetch) {
        n->host->prefetch(n, at, len, write);
    }
}

/* Mark deferred work; the host is woken if there was none */
void nic_kick(struct nic *n, uint32_t work);
/* Set the pin; the host hears of changes only */
void nic_irq(struct nic *n, bool level);
/* Arm timer @id for @deadline (absolute ns), or NIC_TIMER_OFF */
void nic_timer(struct nic *n, unsigned id, uint64_t deadline);
/* Hand a frame to the host; see nic_host.send */
bool nic_send(struct nic *n, struct nic_frame *f);
/* Set PME_Status, and PME_En to what it is now; tells the host */
void nic_pme(struct nic *n, bool status, bool enable);
/* Count an event and trace it */
void nic_event(struct nic *n, unsigned event, uint64_t val);

#endif
