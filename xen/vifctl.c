// SPDX-License-Identifier: MIT
/*
 * vifctl.c - plan, check and wire the network interfaces of Xen guests
 *
 * One table of options and one of commands, of which the command line, the
 * help, the manual page (-x-vifctl-man) and what bash completes
 * (-x-vifctl-completion, both when building) are made.
 */
#include <stdio.h>
#include <string.h>

#include "xen/ctl.h"
#include "xen/plan.h"

static const struct ctl_command *const commands[] = {
    &ctl_plan, &ctl_lint, &ctl_convert, &ctl_names,  &ctl_doctor, &ctl_watch,
    &ctl_up,   &ctl_down, &ctl_hotplug, &ctl_bridge, &ctl_repair,
};

/* As they stand on the command line */
static struct {
    char *dialect, *naming, *domid, *devid;
    char *vifname, *bridge, *script, *from, *to, *add, *svg;
    char *interval, *count;
    gboolean json, lax;
} words;

/* A row for each bit CTL_... */
static const GOptionEntry options[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &words.json,
      "Print JSON instead of a table", NULL },
    { "lax", 0, 0, G_OPTION_ARG_NONE, &words.lax,
      "Go on where a toolstack would not do what the configuration says",
      NULL },
    { "dialect", 0, 0, G_OPTION_ARG_STRING, &words.dialect,
      "Whose rules the configuration is read by: xl (default), xl-4.5, xm",
      "DIALECT" },
    { "naming", 0, 0, G_OPTION_ARG_STRING, &words.naming,
      "Whose interface names: libxl (default), libxl-4.1, libxl-4.0, xend, "
      "freebsd, netbsd",
      "NAMING" },
    { "domid", 0, 0, G_OPTION_ARG_STRING, &words.domid, "The guest's domain id",
      "N" },
    { "devid", 0, 0, G_OPTION_ARG_STRING, &words.devid, "The vif's device id",
      "M" },
    { "vifname", 0, 0, G_OPTION_ARG_STRING, &words.vifname,
      "The name that vifname= of the configuration wishes", "NAME" },
    { "bridge", 0, 0, G_OPTION_ARG_STRING, &words.bridge,
      "The bridge of a vif that names none (default xenbr0)", "NAME" },
    { "script", 0, 0, G_OPTION_ARG_STRING, &words.script,
      "The script of a vif that names none (default vif-bridge)", "PATH" },
    { "from", 0, 0, G_OPTION_ARG_STRING, &words.from,
      "What FILE is: xl, xl-4.5, xm or libvirt (default: what --dialect says, "
      "or libvirt if it begins with <)",
      "FORMAT" },
    { "to", 0, 0, G_OPTION_ARG_STRING, &words.to,
      "What to make of it: xl, xm or libvirt", "FORMAT" },
    { "add", 0, 0, G_OPTION_ARG_STRING, &words.add,
      "Only say whether INTERFACE as a port of BRIDGE would close a loop",
      "INTERFACE" },
    { "svg", 0, 0, G_OPTION_ARG_FILENAME, &words.svg,
      "Also draw it into FILE, as a picture (SVG); -: on standard output, and "
      "no table",
      "FILE" },
    { "interval", 0, 0, G_OPTION_ARG_STRING, &words.interval,
      "How long to count, in seconds: 0.1 to 3600 (default 2)", "S" },
    { "count", 0, 0, G_OPTION_ARG_STRING, &words.count,
      "End after so many intervals (default: never)", "N" },
};

/* The options of one command; freed with g_free() */
static GOptionEntry *options_of(const struct ctl_command *cmd)
{
    GOptionEntry *some = g_new0(GOptionEntry, G_N_ELEMENTS(options) + 1);
    unsigned n = 0;

    for (unsigned i = 0; i < G_N_ELEMENTS(options); i++) {
        if (cmd->options & 1u << i) {
            some[n++] = options[i];
        }
    }
    return some;
}

static int usage(const struct ctl_command *cmd, const char *format, ...)
    G_GNUC_PRINTF(2, 3);

static int usage(const struct ctl_command *cmd, const char *format, ...)
{
    va_list args;
    char *text, *clean;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    clean = ctl_clean(text);
    fprintf(stderr, "vifctl%s%s: %s (see 'vifctl%s%s --help')\n",
            cmd ? " " : "", cmd ? cmd->name : "", clean, cmd ? " " : "",
            cmd ? cmd->name : "");
    g_free(clean);
    g_free(text);
    return CTL_USAGE;
}

static bool number(const char *word, uint32_t max, uint32_t *value)
{
    guint64 n;

    if (!g_ascii_string_to_unsigned(word, 10, 0, max, &n, NULL)) {
        return false;
    }
    *value = (uint32_t)n;
    return true;
}

/* A dialect's word is what the planner prints for it */
static bool dialect_find(const char *word, enum dialect *dialect)
{
    for (unsigned i = DIALECT_XL; i <= DIALECT_XM; i++) {
        if (!strcmp(word, dialect_word((enum dialect)i))) {
            *dialect = (enum dialect)i;
            return true;
        }
    }
    return false;
}

static bool seconds(const char *word, double *value)
{
    char *end;

    *value = g_ascii_strtod(word, &end);
    return end != word && !*end && *value >= 0.1 && *value <= 3600;
}

static int values(const struct ctl_command *cmd, struct ctl *c)
{
    *c = (struct ctl){ .json = words.json,
                       .lax = words.lax,
                       .has_naming = words.naming,
                       .has_domid = words.domid,
                       .has_devid = words.devid,
                       .vifname = words.vifname,
                       .bridge = words.bridge,
                       .script = words.script,
                       .has_format = words.from,
                       .libvirt = words.from && !strcmp(words.from, "libvirt"),
                       .add = words.add,
                       .svg = words.svg,
                       .interval = 2 };
    if (words.domid && !number(words.domid, NAMES_DOMID_MAX, &c->domid)) {
        return usage(cmd, "--domid: '%s' is not a domain id, which is 0 to %u",
                     words.domid, NAMES_DOMID_MAX);
    }
    if (words.devid && !number(words.devid, NAMES_DEVID_MAX, &c->devid)) {
        return usage(cmd, "--devid: '%s' is not a device id, which is 0 to %u",
                     words.devid, NAMES_DEVID_MAX);
    }
    if (words.interval && !seconds(words.interval, &c->interval)) {
        return usage(cmd,
                     "--interval: '%s' is not a time of 0.1 to 3600 "
                     "seconds",
                     words.interval);
    }
    if (words.count &&
        (!number(words.count, UINT32_MAX, &c->count) || !c->count)) {
        return usage(cmd, "--count: '%s' is not a number from 1", words.count);
    }
    if (words.dialect && !dialect_find(words.dialect, &c->dialect)) {
        return usage(cmd, "--dialect: '%s' is none of xl, xl-4.5, xm",
                     words.dialect);
    }
    if (words.from && !c->libvirt && !dialect_find(words.from, &c->dialect)) {
        return usage(cmd, "--from: '%s' is none of xl, xl-4.5, xm, libvirt",
                     words.from);
    }
    if ((cmd->options & CTL_TO) && !words.to) {
        return usage(cmd, "--to is missing: xl, xm or libvirt");
    }
    if (words.to && !convert_to_from_name(words.to, &c->to)) {
        return usage(cmd, "--to: '%s' is none of xl, xm, libvirt", words.to);
    }
    if (words.naming && !naming_find(words.naming, &c->naming)) {
        char *all = naming_words();
        int status =
            usage(cmd, "--naming: '%s' is none of %s", words.naming, all);

        g_free(all);
        return status;
    }
    return CTL_OK;
}

static int run(const struct ctl_command *cmd, int argc, char **argv)
{
    GOptionContext *context = g_option_context_new(cmd->args);
    GOptionEntry *some = options_of(cmd);
    char *about = g_strdup_printf("%s\n\nExit status: 0, or 1: %s, or 2: the "
                                  "command line is wrong or a file cannot be "
                                  "read.",
                                  cmd->text, cmd->findings);
    GError *err = NULL;
    struct ctl c;
    int status;

    g_option_context_set_summary(context, cmd->summary);
    g_option_context_set_description(context, about);
    g_option_context_add_main_entries(context, some, NULL);
    if (cmd->own) {
        g_option_context_add_main_entries(context, cmd->own, NULL);
    }
    if (!g_option_context_parse(context, &argc, &argv, &err)) {
        status = usage(cmd, "%s", err->message);
        g_error_free(err);
    } else if (argc - 1 < (int)cmd->min) {
        status = usage(cmd, "%s is missing", cmd->args);
    } else if (argc - 1 > (int)cmd->max) {
        status = usage(cmd, "'%s' is one word too many", argv[1 + cmd->max]);
    } else {
        status = values(cmd, &c);
        status = status ? status : cmd->run(&c, argv + 1);
    }
    g_option_context_free(context);
    g_free(some);
    g_free(about);
    return status;
}

/* A line of roff: nothing in it is a request or an escape */
static void roff(const char *text)
{
    for (const char *c = text; *c; c++) {
        bool first = c == text || c[-1] == '\n';

        if (c[0] == '\n' && c[1] == '\n') {
            printf("\n.PP");
            continue;
        }
        if (first && (*c == '.' || *c == '\'')) {
            printf("\\&");
        }
        if (*c == '\\' || *c == '-') {
            putchar('\\');
        }
        putchar(*c == '\\' ? 'e' : *c);
    }
    putchar('\n');
}

static void man_option(const GOptionEntry *o)
{
    printf(".TP\n\\fB\\-\\-");
    for (const char *c = o->long_name; *c; c++) {
        printf("%s%c", *c == '-' ? "\\" : "", *c);
    }
    printf("\\fR%s%s\n", o->arg_description ? " " : "",
           o->arg_description ? o->arg_description : "");
    roff(o->description);
}

static void man_command(const struct ctl_command *cmd)
{
    printf(".SS \"vifctl %s %s\"\n", cmd->name, cmd->args);
    roff(cmd->summary);
    printf(".PP\n");
    roff(cmd->text);
    for (unsigned i = 0; i < G_N_ELEMENTS(options); i++) {
        if (cmd->options & 1u << i) {
            man_option(&options[i]);
        }
    }
    for (const GOptionEntry *o = cmd->own; o && o->long_name; o++) {
        man_option(o);
    }
    printf(".PP\nExits with 1 when: ");
    roff(cmd->findings);
}

static int man(void)
{
    printf(".\\\" SPDX-License-Identifier: MIT\n"
           ".TH VIFCTL 1 \"\" \"vifemu " VIFEMU_VERSION "\"\n"
           ".SH NAME\nvifctl \\- plan, check and wire the network interfaces "
           "of Xen guests\n"
           ".SH SYNOPSIS\n\\fBvifctl\\fR COMMAND [OPTION...]\n"
           ".SH DESCRIPTION\n");
    roff("Reads the vif lines of a guest's configuration as the toolstacks "
         "read them, says which cards and host interfaces come of them, and "
         "wires those of the emulated cards.  Each command prints a table for "
         "people, or JSON with --json.");
    printf(".SH COMMANDS\n");
    for (unsigned i = 0; i < G_N_ELEMENTS(commands); i++) {
        man_command(commands[i]);
    }
    printf(".SH EXIT STATUS\n.TP\n0\nDone.\n.TP\n1\n"
           "Something was found, refused, or failed.\n.TP\n2\n"
           "The command line is wrong, or a file on it cannot be read.\n"
           ".SH SEE ALSO\nvifemu(1), vif\\-emu(8)\n");
    return CTL_OK;
}

static void help(FILE *out)
{
    fprintf(out, "Usage: vifctl COMMAND [OPTION...]\n\n"
                 "Plan, check and wire the network interfaces of Xen "
                 "guests.\n\nCommands:\n");
    for (unsigned i = 0; i < G_N_ELEMENTS(commands); i++) {
        fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
    }
    fprintf(out, "\n'vifctl COMMAND --help' says more.\n");
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : NULL;

    g_set_prgname("vifctl");
    if (!word) {
        help(stderr);
        return CTL_USAGE;
    }
    if (!strcmp(word, "--help") || !strcmp(word, "-h") ||
        !strcmp(word, "help")) {
        help(stdout);
        return CTL_OK;
    }
    if (!strcmp(word, "--version")) {
        puts("vifctl " VIFEMU_VERSION);
        return CTL_OK;
    }
    if (!strcmp(word, "-x-vifctl-man")) {
        return man();
    }
    if (!strcmp(word, "-x-vifctl-completion")) {
        return ctl_completion(commands, G_N_ELEMENTS(commands), options,
                              G_N_ELEMENTS(options));
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (!strcmp(word, commands[i]->name)) {
            char *name = g_strconcat("vifctl ", word, NULL);
            int status;

            g_set_prgname(name);
            g_free(name);
            status = run(commands[i], argc - 1, argv + 1);
            return fflush(stdout) ? ctl_fail("cannot write") : status;
        }
    }
    return usage(NULL, "'%s' is not a command", word);
}
