// SPDX-License-Identifier: MIT
/*
 * qtest.c - the qtest protocol: a test program in the place of the guest CPU
 *
 * Lines of words separated by one space; each is answered by a line, between
 * which interrupts are reported as they happen.  This is also what benchmarks
 * drive cards with, so nothing is copied or allocated per command: lines are
 * cut up where they were read, answers collected and sent once per read.
 *
 * Before a command is carried out all deferred work is done.  So a client never
 * sees a card that has not yet acted on its last doorbell, and yet does not
 * wait for that work to get its answer.
 *
 * The client is not trusted: wrong words are answered, not believed, and what
 * it makes us hold is bounded (LINE_MAX_LEN, BLOB_MAX, OUT_MAX).
 */
#include "system/qtest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/loop.h"
#include "system/machine.h"
#include "system/memory.h"
#include "system/vm-int.h"
#include "system/vm.h"

enum {
    WORDS_MAX = 8,
    READ_SIZE = 64 << 10,
    BLOB_MAX = 16 << 20,                /* Bytes one command moves */
    FILL_MAX = 64 << 20,                /* ... or sets */
    LINE_MAX_LEN = 2 * BLOB_MAX + 1024, /* As hexadecimal digits */
    OUT_MAX = 1 << 20, /* Answers not yet taken, then commands wait */
};

struct qtest {
    int in, out, listener;
    bool socket;
    struct loop_fd *in_watch, *out_watch, *accept_watch;
    /* Read, not yet processed: buf[start..end) */
    char *buf;
    size_t start, end, size;
    size_t scanned; /* From start: no newline up to there */
    bool skipping;  /* Rest of a line that was too long */
    GString *answer;
    size_t sent;
    bool in_batch; /* Answers are sent at its end */
    const char *intercepted;
    const struct machine_pic *pic; /* If that is what is intercepted */
    uint32_t levels;               /* Of its inputs, as last reported */
};

static struct qtest *qt;
static FILE *log_file;
static gint64 log_start;

static void qtest_flush(void);
static void qtest_process(void);

/* Log */

bool qtest_log_open(const char *path, GError **err)
{
    if (!strcmp(path, "none") || !strcmp(path, "/dev/null")) {
        return true;
    }
    log_file = fopen(path, "we");
    if (!log_file) {
        return vm_fail(err, "cannot open '%s': %s", path, g_strerror(errno));
    }
    setvbuf(log_file, NULL, _IOLBF, 0);
    log_start = g_get_monotonic_time();
    return true;
}

static void log_text(char direction, const char *text, size_t len)
{
    gint64 us = g_get_monotonic_time() - log_start;

    if (log_file) {
        fprintf(log_file, "[%c +%" PRId64 ".%06d] %.*s\n", direction,
                us / G_USEC_PER_SEC, (int)(us % G_USEC_PER_SEC), (int)len,
                text);
    }
}

/* Answers */

/* Send @text and a newline; what a test awaits goes out at once */
static void reply_len(const char *text, size_t len)
{
    log_text('S', text, len);
    g_string_append_len(qt->answer, text, (gssize)len);
    g_string_append_c(qt->answer, '\n');
    if (!qt->in_batch) {
        qtest_flush();
    }
}

static void reply(const char *text)
{
    reply_len(text, strlen(text));
}

static void G_GNUC_PRINTF(1, 2) replyf(const char *format, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    reply(text);
}

/* "OK 0x" and @digits hexadecimal digits of @val */
static void reply_hex(uint64_t val, unsigned digits)
{
    static const char hex[] = "0123456789abcdef";
    char text[5 + 16] = "OK 0x";

    for (unsigned i = 0; i < digits; i++) {
        text[5 + i] = hex[val >> 4 * (digits - 1 - i) & 0xf];
    }
    reply_len(text, 5 + digits);
}

/* Numbers */

/**
 * parse_number() - A number as C writes it
 *
 * Hand-written, because commands are mostly numbers.
 * Return: false if the word is anything else or too large
 */
static bool parse_number(const char *s, uint64_t *val)
{
    unsigned base = 10;
    uint64_t v = 0;

    if (s[0] == '0' && (s[1] | 0x20) == 'x') {
        base = 16;
        s += 2;
    } else if (s[0] == '0' && s[1]) {
        base = 8;
        s++;
    }
    if (!*s) {
        return false;
    }
    for (; *s; s++) {
        unsigned digit = (unsigned)(*s - '0');

        if (digit > 9) {
            digit = (unsigned)((*s | 0x20) - 'a') + 10;
            if (digit < 10) {
                return false;
            }
        }
        if (digit >= base || __builtin_mul_overflow(v, base, &v) ||
            __builtin_add_overflow(v, digit, &v)) {
            return false;
        }
    }
    *val = v;
    return true;
}

/* Word @i as a number up to @max, or an answer that it is not one */
static bool number(char **w, unsigned i, uint64_t max, uint64_t *val)
{
    if (!parse_number(w[i], val)) {
        replyf("FAIL invalid number '%.60s'", w[i]);
        return false;
    }
    if (*val > max) {
        replyf("FAIL number '%.60s' is larger than 0x%" PRIx64, w[i], max);
        return false;
    }
    return true;
}

/* Words 1 and 2: an address and how many bytes from there */
static bool range(char **w, uint64_t *at, size_t *len, uint64_t max)
{
    uint64_t n;

    if (!number(w, 1, UINT64_MAX, at)) {
        return false;
    }
    if (!parse_number(w[2], &n) || !n || n > max) {
        reply("ERR invalid argument size");
        return false;
    }
    *len = (size_t)n;
    return true;
}

/* Commands: w[0] is the command, as many words follow as the table says */

static unsigned size_of(char letter)
{
    switch (letter) {
    case 'b':
        return 1;
    case 'w':
        return 2;
    case 'l':
        return 4;
    default:
        return 8;
    }
}

static void do_out(char **w, unsigned n)
{
    uint64_t port, val;

    if (number(w, 1, UINT16_MAX, &port) && number(w, 2, UINT32_MAX, &val)) {
        mem_store(MEM_SPACE_IO, port, size_of(w[0][3]), val);
        reply_len("OK", 2);
    }
}

static void do_in(char **w, unsigned n)
{
    unsigned size = size_of(w[0][2]);
    uint64_t port;

    if (number(w, 1, UINT16_MAX, &port)) {
        uint64_t val = mem_load(MEM_SPACE_IO, port, size);
        unsigned digits = 4;

        while (digits < 8 && val >> 4 * digits) {
            digits++;
        }
        reply_hex(val, digits);
    }
}

static void do_store(char **w, unsigned n)
{
    uint64_t at, val;

    if (number(w, 1, UINT64_MAX, &at) && number(w, 2, UINT64_MAX, &val)) {
        mem_store(MEM_SPACE_MEMORY, at, size_of(w[0][5]), val);
        reply_len("OK", 2);
    }
}

static void do_load(char **w, unsigned n)
{
    uint64_t at;

    if (number(w, 1, UINT64_MAX, &at)) {
        reply_hex(mem_load(MEM_SPACE_MEMORY, at, size_of(w[0][4])), 16);
    }
}

static void do_read(char **w, unsigned n)
{
    static const char hex[] = "0123456789abcdef";
    uint64_t at;
    size_t len;
    uint8_t *data;
    char *text;

    if (!range(w, &at, &len, BLOB_MAX)) {
        return;
    }
    data = g_malloc(len);
    text = g_malloc(5 + 2 * len);
    mem_read(at, data, len);
    memcpy(text, "OK 0x", 5);
    for (size_t i = 0; i < len; i++) {
        text[5 + 2 * i] = hex[data[i] >> 4];
        text[6 + 2 * i] = hex[data[i] & 0xf];
    }
    reply_len(text, 5 + 2 * len);
    g_free(text);
    g_free(data);
}

static void do_b64read(char **w, unsigned n)
{
    uint64_t at;
    size_t len;
    uint8_t *data;
    char *text, *line;

    if (!range(w, &at, &len, BLOB_MAX)) {
        return;
    }
    data = g_malloc(len);
    mem_read(at, data, len);
    text = g_base64_encode(data, len);
    line = g_strconcat("OK ", text, NULL);
    reply(line);
    g_free(line);
    g_free(text);
    g_free(data);
}

/* The bytes that "0x.." spells, zeros when it is short; NULL if it does not */
static uint8_t *parse_blob(const char *hex, size_t len)
{
    size_t digits = strlen(hex);
    uint8_t *data;

    if (digits < 3 || hex[0] != '0' || hex[1] != 'x') {
        return NULL;
    }
    hex += 2;
    digits = MIN((digits - 2) / 2, len);
    data = g_malloc0(len);
    for (size_t i = 0; i < digits; i++) {
        int hi = g_ascii_xdigit_value(hex[2 * i]);
        int lo = g_ascii_xdigit_value(hex[2 * i + 1]);

        if (hi < 0 || lo < 0) {
            g_free(data);
            return NULL;
        }
        data[i] = (uint8_t)(hi << 4 | lo);
    }
    return data;
}

static void do_write(char **w, unsigned n)
{
    uint64_t at;
    size_t len;
    uint8_t *data;

    if (!range(w, &at, &len, BLOB_MAX)) {
        return;
    }
    data = parse_blob(w[3], len);
    if (!data) {
        reply("ERR invalid argument size");
        return;
    }
    mem_write(at, data, len);
    g_free(data);
    reply_len("OK", 2);
}

static void do_b64write(char **w, unsigned n)
{
    uint64_t at;
    size_t len, got = 0;

    if (!range(w, &at, &len, BLOB_MAX)) {
        return;
    }
    if (*w[3]) {
        g_base64_decode_inplace(w[3], &got);
    }
    if (!got) {
        reply("FAIL invalid base64 data");
        return;
    }
    mem_write(at, (uint8_t *)w[3], MIN(len, got));
    reply_len("OK", 2);
}

static void do_memset(char **w, unsigned n)
{
    uint64_t at, val, len;

    if (!number(w, 1, UINT64_MAX, &at) || !number(w, 3, UINT64_MAX, &val)) {
        return;
    }
    if (!parse_number(w[2], &len) || len > FILL_MAX) {
        reply("ERR invalid argument size");
        return;
    }
    mem_fill(at, (uint8_t)val, (size_t)len);
    reply_len("OK", 2);
}

static void do_endianness(char **w, unsigned n)
{
    reply("OK little");
}

static void advance_to(int64_t ns)
{
    clock_advance_to(ns);
    loop_run_tasks();
    replyf("OK %" PRId64, clock_now());
}

static void do_clock_step(char **w, unsigned n)
{
    int64_t now = clock_now(), next = clock_next(), to;
    uint64_t ns;

    if (n < 2) {
        advance_to(next == INT64_MAX ? now : MAX(now, next));
    } else if (number(w, 1, INT64_MAX, &ns)) {
        if (__builtin_add_overflow(now, (int64_t)ns, &to)) {
            to = INT64_MAX - 1;
        }
        advance_to(to);
    }
}

static void do_clock_set(char **w, unsigned n)
{
    uint64_t ns;

    if (number(w, 1, INT64_MAX - 1, &ns)) {
        advance_to((int64_t)ns);
    }
}

/* Whether @name is a QOM path, or the end of it */
static bool path_is(const char *path, const char *name)
{
    size_t len = strlen(path), end = strlen(name);

    return end && end <= len && !strcmp(path + len - end, name) &&
           (*name == '/' ? end == len : path[len - end - 1] == '/');
}

static const struct machine_pic *pic_of(const char *name)
{
    const struct machine_pic *pic;

    for (unsigned i = 0; (pic = machine_pic_at(i)); i++) {
        if (path_is(pic->path, name)) {
            return pic;
        }
    }
    return NULL;
}

/* QOM path of an interrupt controller or a NIC; NULL for anything else.  What
 * is returned stays valid */
static const char *device_of(const char *name)
{
    const struct machine_pic *pic = pic_of(name);
    struct vm_nic nic;

    for (unsigned i = 0; !pic && vm_nic_at(i, &nic); i++) {
        if (path_is(nic.path, name)) {
            return g_intern_string(nic.path);
        }
    }
    return pic ? pic->path : NULL;
}

static void do_intercept(char **w, unsigned n)
{
    const char *device = device_of(w[1]);

    if (!device) {
        reply("FAIL Unknown device");
    } else if (qt->intercepted && strcmp(qt->intercepted, device) != 0) {
        reply("FAIL IRQ intercept already enabled");
    } else {
        qt->intercepted = device;
        qt->pic = pic_of(device);
        reply("OK");
    }
}

static void do_set_irq_in(char **w, unsigned n)
{
    const struct machine_pic *pic = pic_of(w[1]);
    uint64_t line, level;

    if (!pic) {
        reply("FAIL Unknown device");
    } else if (number(w, 3, pic->lines - 1, &line) &&
               number(w, 4, INT32_MAX, &level)) {
        machine_set_irq(pic->first + (unsigned)line, level != 0);
        reply("OK");
    }
}

static void do_module_load(char **w, unsigned n)
{
    reply("OK"); /* Nothing is modular */
}

/* Words that must and may follow; the commands of a benchmark come first */
static const struct {
    const char *name;
    uint8_t min, max;
    void (*run)(char **w, unsigned n);
} commands[] = {
    { "writel", 2, 2, do_store },
    { "readl", 1, 1, do_load },
    { "writeq", 2, 2, do_store },
    { "readq", 1, 1, do_load },
    { "writew", 2, 2, do_store },
    { "readw", 1, 1, do_load },
    { "writeb", 2, 2, do_store },
    { "readb", 1, 1, do_load },
    { "write", 3, 3, do_write },
    { "read", 2, 2, do_read },
    { "outl", 2, 2, do_out },
    { "inl", 1, 1, do_in },
    { "outw", 2, 2, do_out },
    { "inw", 1, 1, do_in },
    { "outb", 2, 2, do_out },
    { "inb", 1, 1, do_in },
    { "clock_step", 0, 1, do_clock_step },
    { "clock_set", 1, 1, do_clock_set },
    { "b64write", 3, 3, do_b64write },
    { "b64read", 2, 2, do_b64read },
    { "memset", 3, 3, do_memset },
    { "endianness", 0, 0, do_endianness },
    { "irq_intercept_in", 1, 1, do_intercept },
    { "irq_intercept_out", 1, 2, do_intercept },
    { "set_irq_in", 4, 4, do_set_irq_in },
    { "module_load", 2, 2, do_module_load },
};

/* Cut @line (@len characters, then NUL) into words; returns how many */
static unsigned split(char *line, size_t len, char **w)
{
    unsigned n = 0;
    char *end = line + len, *space;

    while (n < WORDS_MAX) {
        w[n++] = line;
        space = memchr(line, ' ', (size_t)(end - line));
        if (!space) {
            break;
        }
        *space = '\0';
        line = space + 1;
    }
    return n;
}

static void qtest_line(char *line, size_t len)
{
    char *w[WORDS_MAX];
    unsigned n;

    log_text('R', line, len);
    loop_run_tasks();
    n = split(line, len, w);
    for (unsigned i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(w[0], commands[i].name) != 0) {
            continue;
        }
        if (n - 1 < commands[i].min) {
            replyf("FAIL '%s' needs %u arguments, not %u", w[0],
                   commands[i].min, n - 1);
        } else {
            /* More words than needed are ignored, as QEMU does */
            commands[i].run(w, MIN(n, commands[i].max + 1u));
        }
        return;
    }
    replyf("FAIL Unknown command '%.200s'", w[0]);
}

/* Interrupts */

static void qtest_irq(unsigned line, bool level)
{
    unsigned n;

    if (!qt || !qt->pic || line - qt->pic->first >= qt->pic->lines) {
        return;
    }
    n = line - qt->pic->first;
    if ((qt->levels >> n & 1) != level) {
        qt->levels ^= 1u << n;
        replyf("IRQ %s %u", level ? "raise" : "lower", n);
    }
}

/* Connection */

/* The client is gone */
static void qtest_hangup(void)
{
    g_clear_pointer(&qt->in_watch, loop_fd_free);
    g_clear_pointer(&qt->out_watch, loop_fd_free);
    if (qt->in > STDERR_FILENO) {
        close(qt->in);
    }
    if (qt->out > STDERR_FILENO && qt->out != qt->in) {
        close(qt->out);
    }
    qt->in = qt->out = -1;
    qt->start = qt->end = qt->scanned = 0;
    qt->skipping = false;
    qt->sent = 0;
    g_string_truncate(qt->answer, 0);
    if (log_file) {
        log_text('I', "CLOSED", strlen("CLOSED"));
    }
    if (qt->listener >= 0) {
        loop_fd_set(qt->accept_watch, LOOP_IN);
    } else {
        vm_shutdown("host-ui");
    }
}

static ssize_t send_some(const char *p, size_t len)
{
    return qt->socket ? send(qt->out, p, len, MSG_NOSIGNAL | MSG_DONTWAIT)
                      : write(qt->out, p, len);
}

static void out_ready(void *opaque, unsigned events)
{
    loop_fd_set(qt->out_watch, 0);
    qtest_flush();
    if (qt->out >= 0) {
        qtest_process();
    }
}

/* Send what there is; the rest when the client has read some */
static void qtest_flush(void)
{
    while (qt->out >= 0 && qt->sent < qt->answer->len) {
        ssize_t n =
            send_some(qt->answer->str + qt->sent, qt->answer->len - qt->sent);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && errno == EAGAIN) {
            loop_fd_set(qt->out_watch, LOOP_OUT);
            return;
        }
        if (n < 0) {
            break; /* Reading will find the end as well */
        }
        qt->sent += (size_t)n;
    }
    qt->sent = 0;
    g_string_truncate(qt->answer, 0);
}

static bool out_full(void)
{
    return qt->answer->len - qt->sent > OUT_MAX;
}

/* Carry out the whole lines that were read */
static void qtest_process(void)
{
    qt->in_batch = true;
    while (qt->start < qt->end && !out_full()) {
        char *line = qt->buf + qt->start;
        char *nl =
            memchr(line + qt->scanned, '\n', qt->end - qt->start - qt->scanned);
        size_t len;

        if (!nl) {
            qt->scanned = qt->end - qt->start;
            break;
        }
        len = (size_t)(nl - line);
        *nl = '\0';
        qt->start += len + 1;
        qt->scanned = 0;
        if (qt->skipping) {
            qt->skipping = false;
            continue;
        }
        if (len && line[len - 1] == '\r') {
            line[--len] = '\0';
        }
        qtest_line(line, len);
    }
    qt->in_batch = false;
    qtest_flush();
    /* A client that does not read its answers is not listened to */
    if (qt->in_watch) {
        loop_fd_set(qt->in_watch, out_full() ? 0 : LOOP_IN);
    }
}

/* Make room for READ_SIZE more bytes */
static void make_room(void)
{
    if (qt->start) {
        memmove(qt->buf, qt->buf + qt->start, qt->end - qt->start);
        qt->end -= qt->start;
        qt->start = 0;
    }
    if (qt->end >= LINE_MAX_LEN) {
        if (!qt->skipping) {
            reply("ERR line too long");
        }
        qt->skipping = true;
        qt->end = qt->scanned = 0;
    }
    if (qt->size - qt->end < READ_SIZE) {
        qt->size = MAX(2 * qt->size, qt->end + READ_SIZE);
        qt->buf = g_realloc(qt->buf, qt->size);
    }
}

static void in_ready(void *opaque, unsigned events)
{
    ssize_t n;

    make_room();
    n = read(qt->in, qt->buf + qt->end, READ_SIZE);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
        return;
    }
    if (n <= 0) {
        qtest_hangup();
        return;
    }
    qt->end += (size_t)n;
    qtest_process();
}

static void qtest_connect(int in, int out)
{
    struct stat st;

    qt->in = in;
    qt->out = out;
    qt->socket = fstat(out, &st) == 0 && S_ISSOCK(st.st_mode);
    qt->levels = 0;
    qt->in_watch = loop_fd_new(in, LOOP_IN, in_ready, NULL);
    qt->out_watch = loop_fd_new(out, 0, out_ready, NULL);
    if (log_file) {
        log_text('I', "OPENED", strlen("OPENED"));
    }
}

static void accept_ready(void *opaque, unsigned events)
{
    int fd = accept4(qt->listener, NULL, NULL, SOCK_CLOEXEC);

    if (fd >= 0) {
        loop_fd_set(qt->accept_watch, 0);
        qtest_connect(fd, fd);
    }
}

void qtest_serve(int in, int out, bool listening)
{
    g_return_if_fail(!qt);
    qt = g_new0(struct qtest, 1);
    qt->answer = g_string_new(NULL);
    qt->in = qt->out = qt->listener = -1;
    vm_irq_listen(qtest_irq);
    if (listening) {
        qt->listener = in;
        qt->accept_watch = loop_fd_new(in, LOOP_IN, accept_ready, NULL);
    } else {
        qtest_connect(in, out);
    }
}

void qtest_close(void)
{
    if (qt) {
        vm_irq_listen(NULL);
        qtest_flush();
        g_clear_pointer(&qt->in_watch, loop_fd_free);
        g_clear_pointer(&qt->out_watch, loop_fd_free);
        g_clear_pointer(&qt->accept_watch, loop_fd_free);
        if (qt->in > STDERR_FILENO) {
            close(qt->in);
        }
        if (qt->out > STDERR_FILENO && qt->out != qt->in) {
            close(qt->out);
        }
        if (qt->listener >= 0) {
            close(qt->listener);
        }
        g_string_free(qt->answer, TRUE);
        g_free(qt->buf);
        g_clear_pointer(&qt, g_free);
    }
    g_clear_pointer(&log_file, fclose);
}
