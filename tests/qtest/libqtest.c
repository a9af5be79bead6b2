// SPDX-License-Identifier: MIT
/*
 * libqtest.c - start an emulator and talk qtest to it
 *
 * The emulator connects to two sockets in a temporary directory, which is gone
 * again as soon as both handshakes are done; nothing is left behind whatever
 * happens later.  The child dies with this process (PDEATHSIG).
 *
 * Debian's QEMU 7.2 is built without the qtest accelerator.  It is run under
 * TCG with a CPU that does nothing but sleep, and with an instruction-counted
 * clock that jumps to the next timer whenever the CPU sleeps: timers then fire
 * at once instead of in real time.  How far it came is read from the HPET.
 */
#include "libqtest-private.h"

#include "check.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    CONNECT_TIMEOUT_MS = 60000,
    ANSWER_TIMEOUT_MS = 60000,
    EXIT_TIMEOUT_MS = 60000,
    IDLE_BIOS_SIZE = 64 * 1024,

    /* IA-PC HPET 1.0a 2.3, in ticks as QEMU has it */
    HPET_CONFIG = 0xfed00010,
    HPET_COUNTER = 0xfed000f0,
    HPET_ENABLE = 1,
    HPET_TICK_NS = 10,
    CLOCK_TIMEOUT_MS = 60000,
    CLOCK_READS = 3,
    NO_CLOCK_PAUSE_US = 10 * 1000,
};

/* How the emulator is made to hold still */
enum accel { ACCEL_QTEST, ACCEL_TCG, ACCEL_TCG_REALTIME };

static const char *binary_path(void)
{
    const char *binary = g_getenv("QTEST_QEMU_BINARY");

    if (!binary || !*binary) {
        g_printerr("QTEST_QEMU_BINARY must name the emulator to test\n");
        exit(2);
    }
    return binary;
}

int answer_timeout_ms(void)
{
    return difference_expected() ? ANSWER_TIMEOUT_MS / 6 : ANSWER_TIMEOUT_MS;
}

/* Streams */

bool send_all(int fd, const void *data, size_t len)
{
    const char *p = data;

    while (len) {
        ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        p += n;
        len -= (size_t)n;
    }
    return true;
}

/* True if more arrived; false at the end of the stream or of the time */
static bool reader_fill(struct line_reader *r, gint64 deadline)
{
    struct pollfd p = { .fd = r->fd, .events = POLLIN };
    char chunk[16384];
    ssize_t n;
    gint64 left = (deadline - g_get_monotonic_time()) / 1000;

    if (r->fd < 0 || left < 0 || poll(&p, 1, (int)left) == 0) {
        return false;
    }
    n = recv(r->fd, chunk, sizeof(chunk), 0);
    if (n > 0) {
        g_string_append_len(r->buffer, chunk, n);
    }
    r->ended = n == 0;
    return n > 0 || (n < 0 && errno == EINTR);
}

char *reader_line(struct line_reader *r, int timeout_ms)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
    char *end;
    char *line;

    while (!(end = memchr(r->buffer->str, '\n', r->buffer->len))) {
        if (!reader_fill(r, deadline)) {
            return NULL;
        }
    }
    line = g_strndup(r->buffer->str, (gsize)(end - r->buffer->str));
    g_string_erase(r->buffer, 0, end - r->buffer->str + 1);
    return line;
}

static int listen_at(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_assert_cmpuint(strlen(path), <, sizeof(addr.sun_path));
    strcpy(addr.sun_path, path);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), ==, 0);
    g_assert_cmpint(listen(fd, 1), ==, 0);
    return fd;
}

/* The child */

/* A memory file, so that nothing can fill up or be left behind */
static int new_output(const char *name)
{
    int fd = memfd_create(name, MFD_CLOEXEC);

    g_assert_cmpint(fd, >=, 0);
    return fd;
}

static char *output_text(int fd)
{
    GString *text = g_string_new(NULL);
    char chunk[4096];
    ssize_t n;
    off_t at = 0;

    while ((n = pread(fd, chunk, sizeof(chunk), at)) > 0) {
        g_string_append_len(text, chunk, n);
        at += n;
    }
    return g_string_free(text, FALSE);
}

static pid_t spawn(const char *command, int out, int errors)
{
    g_autoptr(GError) err = NULL;
    g_auto(GStrv) argv = NULL;
    pid_t parent = getpid();
    pid_t pid;

    if (!g_shell_parse_argv(command, NULL, &argv, &err)) {
        g_error("bad command line: %s", err->message);
    }
    pid = fork();
    g_assert_cmpint(pid, >=, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent) {
            dup2(out, STDOUT_FILENO);
            dup2(errors, STDERR_FILENO);
            execvp(argv[0], argv);
            perror(argv[0]);
        }
        _exit(127);
    }
    return pid;
}

/* Wait for the end; false if the time was up */
static bool reap(pid_t pid, int timeout_ms, int *status)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)timeout_ms * 1000;

    while (waitpid(pid, status, WNOHANG) != pid) {
        if (g_get_monotonic_time() > deadline) {
            return false;
        }
        g_usleep(500);
    }
    return true;
}

static int exit_code(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void kill_and_reap(struct qtest *s)
{
    int status;

    if (s->pid > 0) {
        kill(s->pid, SIGKILL);
        reap(s->pid, EXIT_TIMEOUT_MS, &status);
        s->pid = -1;
    }
}

static void show_errors(struct qtest *s)
{
    g_autofree char *text = output_text(s->errors);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 0);

    for (size_t i = 0; lines[i]; i++) {
        if (*lines[i]) {
            g_test_message("emulator: %s", lines[i]);
        }
    }
}

void qtest_break(struct qtest *s, const char *what)
{
    int status = 0;

    if (s->broken) {
        return;
    }
    s->broken = true;
    /* A sanitizer needs a moment between the lost socket and its report */
    if (s->pid > 0 && reap(s->pid, 2000, &status)) {
        s->pid = -1;
        check_failed(__FILE__, __LINE__, "the emulator ended, status %d (%s)",
                     exit_code(status), what);
    } else {
        check_failed(__FILE__, __LINE__, "the emulator hangs (%s)", what);
        kill_and_reap(s);
    }
    if (!difference_expected()) {
        show_errors(s);
    }
    check_abandon(true);
}

/* Start and end */

static bool binary_has_qtest_accel(void)
{
    static int answer = -1;
    g_autofree char *text = NULL;

    if (answer < 0) {
        /*
         * vifemu and the QEMU that qemu/build makes always have it (which
         * QEMU 7.2 never lists); a distribution's QEMU may not
         */
        answer = !emulator_is_stock();
        if (!answer && run_emulator("-accel help", NULL, &text) == 0) {
            answer = strstr(text, "qtest") != NULL;
        }
    }
    return answer;
}

/* Firmware that stops the CPU for good: cli; hlt; jmp back */
static char *write_idle_bios(const char *dir)
{
    static const uint8_t entry[] = { 0xfa, 0xf4, 0xeb, 0xfd };
    g_autofree uint8_t *image = g_malloc0(IDLE_BIOS_SIZE);
    char *path = g_build_filename(dir, "idle.bin", NULL);

    memcpy(image + IDLE_BIOS_SIZE - 16, entry, sizeof(entry));
    g_assert_true(
        g_file_set_contents(path, (char *)image, IDLE_BIOS_SIZE, NULL));
    return path;
}

static char *accel_args(enum accel accel, const char *dir, const char *args)
{
    g_autofree char *bios = NULL;

    if (accel == ACCEL_QTEST) {
        return g_strdup("-accel qtest");
    }
    if (strstr(args, "-machine none")) {
        return g_strdup("-accel tcg");
    }
    bios = write_idle_bios(dir);
    return g_strdup_printf("-accel tcg -bios %s %s", bios,
                           accel == ACCEL_TCG ? "-icount shift=7,sleep=off"
                                              : "");
}

static void forget_dir(const char *dir)
{
    static const char *const files[] = { "qtest", "qmp", "idle.bin" };

    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(dir, files[i], NULL);

        unlink(path);
    }
    rmdir(dir);
}

/* Wait for the emulator's connection, or for its death */
static int accept_child(struct qtest *s, int listener)
{
    gint64 deadline = g_get_monotonic_time() + CONNECT_TIMEOUT_MS * 1000;
    struct pollfd p = { .fd = listener, .events = POLLIN };
    siginfo_t gone = { 0 };

    while (g_get_monotonic_time() < deadline) {
        if (poll(&p, 1, 20) == 1) {
            return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        }
        waitid(P_PID, (id_t)s->pid, &gone, WEXITED | WNOHANG | WNOWAIT);
        if (gone.si_pid) {
            break;
        }
    }
    return -1;
}

static struct qtest *qtest_new(void)
{
    struct qtest *s = g_new0(struct qtest, 1);

    check_abandon(false);
    s->errors = new_output("stderr");
    s->wire = (struct line_reader){ .fd = -1, .buffer = g_string_new(NULL) };
    s->monitor = (struct line_reader){ .fd = -1, .buffer = g_string_new(NULL) };
    s->events = g_queue_new();
    return s;
}

static struct qtest *qtest_start_with(enum accel accel, const char *args)
{
    struct qtest *s = qtest_new();
    g_autofree char *dir = g_dir_make_tmp("vifemu-test-XXXXXX", NULL);
    g_autofree char *wire = g_build_filename(dir, "qtest", NULL);
    g_autofree char *monitor = g_build_filename(dir, "qmp", NULL);
    g_autofree char *accel_text = accel_args(accel, dir, args);
    g_autofree char *answer = NULL;
    int wire_listener = listen_at(wire);
    int monitor_listener = listen_at(monitor);
    g_autofree char *command = g_strdup_printf(
        "%s -qtest unix:%s -qtest-log /dev/null "
        "-chardev socket,path=%s,id=char0 -mon chardev=char0,mode=control "
        "-display none %s %s",
        binary_path(), wire, monitor, args, accel_text);

    g_test_message("starting %s", command);
    s->has_clock = accel == ACCEL_QTEST;
    s->pid = spawn(command, s->errors, s->errors);
    s->wire.fd = accept_child(s, wire_listener);
    s->monitor.fd = s->wire.fd < 0 ? -1 : accept_child(s, monitor_listener);
    close(wire_listener);
    close(monitor_listener);
    if (s->monitor.fd < 0) {
        qtest_break(s, "it never connected to the sockets");
    } else {
        answer = qtest_command(s, "endianness");
        check_has(answer, "OK little");
        qmp_handshake(s);
    }
    forget_dir(dir);
    return s;
}

struct qtest *qtest_start(const char *fmt, ...)
{
    g_autofree char *args = NULL;
    va_list ap;

    va_start(ap, fmt);
    args = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    return qtest_start_with(binary_has_qtest_accel() ? ACCEL_QTEST : ACCEL_TCG,
                            args);
}

struct qtest *qtest_start_realtime(const char *fmt, ...)
{
    g_autofree char *args = NULL;
    va_list ap;

    va_start(ap, fmt);
    args = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    return qtest_start_with(binary_has_qtest_accel() ? ACCEL_QTEST
                                                     : ACCEL_TCG_REALTIME,
                            args);
}

static void end_child(struct qtest *s)
{
    int status = 0;

    /* QEMU cannot end while messages wait for their reader */
    shutdown(s->wire.fd, SHUT_RDWR);
    kill(s->pid, SIGTERM);
    if (!reap(s->pid, EXIT_TIMEOUT_MS, &status)) {
        check_failed(__FILE__, __LINE__, "the emulator ignores SIGTERM");
        show_errors(s);
        kill_and_reap(s);
        return;
    }
    s->pid = -1;
    if (!WIFEXITED(status) || WEXITSTATUS(status)) {
        check_failed(__FILE__, __LINE__, "the emulator ended with status %d",
                     exit_code(status));
        show_errors(s);
    }
}

void qtest_quit(struct qtest *s)
{
    check_abandon(false);
    if (s->pid > 0) {
        end_child(s);
    }
    if (s->wire.fd >= 0) {
        close(s->wire.fd);
    }
    if (s->monitor.fd >= 0) {
        close(s->monitor.fd);
    }
    close(s->errors);
    g_string_free(s->wire.buffer, TRUE);
    g_string_free(s->monitor.buffer, TRUE);
    g_queue_free_full(s->events, (GDestroyNotify)json_object_unref);
    g_free(s);
}

int run_emulator(const char *args, char **errors, char **output)
{
    g_autofree char *command = g_strdup_printf("%s %s", binary_path(), args);
    int err_fd = new_output("stderr");
    int out_fd = new_output("stdout");
    pid_t pid = spawn(command, out_fd, err_fd);
    int status = 0;
    int code = -1;

    if (reap(pid, EXIT_TIMEOUT_MS, &status)) {
        code = exit_code(status);
    } else {
        kill(pid, SIGKILL);
        reap(pid, EXIT_TIMEOUT_MS, &status);
    }
    if (errors) {
        *errors = output_text(err_fd);
    }
    if (output) {
        *output = output_text(out_fd);
    }
    close(err_fd);
    close(out_fd);
    return code;
}

char *device_name(const char *model)
{
    const char *prefix = g_getenv("QTEST_DEVICE_PREFIX");

    return g_strconcat(prefix ? prefix : "", model, NULL);
}

/* Questions about the child */

bool qtest_alive(struct qtest *s)
{
    g_autofree char *answer = qtest_command(s, "endianness");

    return answer != NULL;
}

bool qtest_has_clock(struct qtest *s)
{
    return s->has_clock;
}

unsigned long qtest_rss_kib(struct qtest *s)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/status", s->pid);
    g_autofree char *text = NULL;
    const char *field;

    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        return 0;
    }
    field = strstr(text, "VmRSS:");
    return field ? strtoul(field + strlen("VmRSS:"), NULL, 10) : 0;
}

unsigned long qtest_cpu_ms(struct qtest *s)
{
    g_autofree char *path =
        g_strdup_printf("/proc/%d/task/%d/stat", s->pid, s->pid);
    g_autofree char *text = NULL;
    const char *field;
    unsigned long user, kernel;

    /* proc(5): fields 14 and 15, the second one ends with the last ')' */
    if (!g_file_get_contents(path, &text, NULL, NULL) ||
        !(field = strrchr(text, ')')) ||
        sscanf(field, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
               &user, &kernel) != 2) {
        return 0;
    }
    return (user + kernel) * 1000 / (unsigned long)sysconf(_SC_CLK_TCK);
}

/* The wire */

void qtest_pump(struct qtest *s)
{
    char chunk[16384];
    ssize_t n;

    while ((n = recv(s->wire.fd, chunk, sizeof(chunk), MSG_DONTWAIT)) > 0) {
        g_string_append_len(s->wire.buffer, chunk, n);
    }
}

static void note_irq(struct qtest *s, const char *line)
{
    char direction[8];
    unsigned n;

    if (sscanf(line, "IRQ %7s %u", direction, &n) != 2 || n >= IRQ_LINES) {
        check_failed(__FILE__, __LINE__, "strange message: %s", line);
        return;
    }
    s->irq_level[n] = strcmp(direction, "raise") == 0;
    s->irq_raises[n] += s->irq_level[n];
}

void qtest_send_raw(struct qtest *s, const void *data, size_t len)
{
    if (!s->broken && !send_all(s->wire.fd, data, len)) {
        qtest_break(s, "it closed the qtest socket");
    }
}

char *qtest_read_line(struct qtest *s)
{
    char *line;

    while (!s->broken) {
        line = reader_line(&s->wire, answer_timeout_ms());
        if (!line) {
            qtest_break(s, "no answer on the qtest socket");
            break;
        }
        if (!g_str_has_prefix(line, "IRQ ")) {
            return line;
        }
        note_irq(s, line);
        g_free(line);
    }
    return NULL;
}

char *qtest_command(struct qtest *s, const char *line)
{
    qtest_send_raw(s, line, strlen(line));
    qtest_send_raw(s, "\n", 1);
    return qtest_read_line(s);
}

/* The answer's text after "OK ", "" if there is none or it is not OK */
static char *G_GNUC_PRINTF(2, 3) transact(struct qtest *s, const char *fmt, ...)
{
    g_autofree char *line = NULL;
    g_autofree char *answer = NULL;
    va_list ap;

    va_start(ap, fmt);
    line = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    answer = qtest_command(s, line);
    if (answer && !g_str_has_prefix(answer, "OK")) {
        check_failed(__FILE__, __LINE__, "\"%.60s\" was answered \"%s\"", line,
                     answer);
    }
    return g_strdup(answer && g_str_has_prefix(answer, "OK ") ? answer + 3
                                                              : "");
}

static uint64_t fetch(struct qtest *s, const char *op, uint64_t addr)
{
    g_autofree char *value =
        transact(s, "%s 0x%" G_GINT64_MODIFIER "x", op, addr);

    return g_ascii_strtoull(value, NULL, 0);
}

static void store(struct qtest *s, const char *op, uint64_t addr,
                  uint64_t value)
{
    g_free(transact(s, "%s 0x%" G_GINT64_MODIFIER "x 0x%" G_GINT64_MODIFIER "x",
                    op, addr, value));
}

uint8_t qtest_inb(struct qtest *s, uint16_t port)
{
    return (uint8_t)fetch(s, "inb", port);
}

uint16_t qtest_inw(struct qtest *s, uint16_t port)
{
    return (uint16_t)fetch(s, "inw", port);
}

uint32_t qtest_inl(struct qtest *s, uint16_t port)
{
    return (uint32_t)fetch(s, "inl", port);
}

void qtest_outb(struct qtest *s, uint16_t port, uint8_t value)
{
    store(s, "outb", port, value);
}

void qtest_outw(struct qtest *s, uint16_t port, uint16_t value)
{
    store(s, "outw", port, value);
}

void qtest_outl(struct qtest *s, uint16_t port, uint32_t value)
{
    store(s, "outl", port, value);
}

uint8_t qtest_readb(struct qtest *s, uint64_t addr)
{
    return (uint8_t)fetch(s, "readb", addr);
}

uint16_t qtest_readw(struct qtest *s, uint64_t addr)
{
    return (uint16_t)fetch(s, "readw", addr);
}

uint32_t qtest_readl(struct qtest *s, uint64_t addr)
{
    return (uint32_t)fetch(s, "readl", addr);
}

uint64_t qtest_readq(struct qtest *s, uint64_t addr)
{
    return fetch(s, "readq", addr);
}

void qtest_writeb(struct qtest *s, uint64_t addr, uint8_t value)
{
    store(s, "writeb", addr, value);
}

void qtest_writew(struct qtest *s, uint64_t addr, uint16_t value)
{
    store(s, "writew", addr, value);
}

void qtest_writel(struct qtest *s, uint64_t addr, uint32_t value)
{
    store(s, "writel", addr, value);
}

void qtest_writeq(struct qtest *s, uint64_t addr, uint64_t value)
{
    store(s, "writeq", addr, value);
}

void qtest_memread(struct qtest *s, uint64_t addr, void *data, size_t size)
{
    g_autofree char *text = NULL;
    uint8_t *to = data;

    memset(data, 0, size);
    if (!size) {
        return;
    }
    text = transact(s, "read 0x%" G_GINT64_MODIFIER "x 0x%zx", addr, size);
    if (strlen(text) != 2 + 2 * size) {
        check_failed(__FILE__, __LINE__, "read of %zu bytes gave %zu digits",
                     size, strlen(text));
        return;
    }
    for (size_t i = 0; i < size; i++) {
        to[i] = (uint8_t)(g_ascii_xdigit_value(text[2 + 2 * i]) << 4 |
                          g_ascii_xdigit_value(text[3 + 2 * i]));
    }
}

void qtest_memwrite(struct qtest *s, uint64_t addr, const void *data,
                    size_t size)
{
    g_autofree char *digits = g_malloc(2 * size + 1);
    const uint8_t *from = data;

    if (!size) {
        return;
    }
    for (size_t i = 0; i < size; i++) {
        g_snprintf(digits + 2 * i, 3, "%02x", from[i]);
    }
    g_free(transact(s, "write 0x%" G_GINT64_MODIFIER "x 0x%zx 0x%s", addr, size,
                    digits));
}

void qtest_memset(struct qtest *s, uint64_t addr, uint8_t value, size_t size)
{
    g_free(transact(s, "memset 0x%" G_GINT64_MODIFIER "x 0x%zx 0x%02x", addr,
                    size, value));
}

/* False if there is no HPET, as on isapc */
static bool clock_start(struct qtest *s)
{
    qtest_writel(s, HPET_CONFIG, HPET_ENABLE);
    return qtest_readl(s, HPET_CONFIG) == HPET_ENABLE;
}

/*
 * Wait until @ns have passed on a clock that runs by itself: how fast depends
 * on the host and on what else it does.  Each reading is a command, and so at
 * the same time a turn of the emulator's loop, in which it sees its sockets.
 */
static void clock_pass(struct qtest *s, int64_t ns)
{
    gint64 limit = g_get_monotonic_time() + CLOCK_TIMEOUT_MS * 1000;
    uint32_t last = qtest_readl(s, HPET_COUNTER);
    int64_t passed = 0;

    for (unsigned i = 0; !s->broken && (passed < ns || i < CLOCK_READS); i++) {
        uint32_t now = qtest_readl(s, HPET_COUNTER);

        if (now == last && !clock_start(s)) {
            g_usleep(NO_CLOCK_PAUSE_US);
            return;
        }
        passed += (int64_t)(now - last) * HPET_TICK_NS;
        last = now;
        if (g_get_monotonic_time() > limit) {
            check_failed(__FILE__, __LINE__, "the clock stands still");
            return;
        }
    }
}

int64_t qtest_clock_step(struct qtest *s, int64_t ns)
{
    g_autofree char *now = NULL;

    if (!s->has_clock) {
        clock_pass(s, ns);
        return 0;
    }
    now = transact(s, "clock_step %" G_GINT64_FORMAT, ns);
    return g_ascii_strtoll(now, NULL, 0);
}

int64_t qtest_clock_set(struct qtest *s, int64_t ns)
{
    g_autofree char *now = NULL;

    if (!s->has_clock) {
        clock_pass(s, 0);
        return 0;
    }
    now = transact(s, "clock_set %" G_GINT64_FORMAT, ns);
    return g_ascii_strtoll(now, NULL, 0);
}

void qtest_irq_intercept_in(struct qtest *s, const char *path)
{
    g_free(transact(s, "irq_intercept_in %s", path));
}

bool qtest_irq(struct qtest *s, unsigned line)
{
    qtest_inb(s, 0x80); /* messages come before the answer */
    return s->irq_level[line];
}

unsigned qtest_irq_raises(struct qtest *s, unsigned line)
{
    qtest_inb(s, 0x80);
    return s->irq_raises[line];
}

void tests_init(int *argc, char ***argv)
{
    g_test_init(argc, argv, NULL);
    g_test_set_nonfatal_assertions();
    signal(SIGPIPE, SIG_IGN);
    binary_path();
}
