// SPDX-License-Identifier: MIT
/*
 * ctl-complete.c - what bash completes vifctl's words to
 *
 * Made of the tables that the command line is read by.  What an argument may
 * be is told by the word that stands for it there (FILE, DIALECT, ...): one
 * that is not known here is an error, so that the build fails and not the
 * completion of a new option.
 *
 * Names of interfaces are never put where bash would expand them: $(halt) is
 * a name that the kernel takes.
 */
#include <stdio.h>
#include <string.h>

#include "xen/ctl.h"
#include "xen/plan.h"

/**
 * struct meta - What a word of a usage line stands for
 * @option: Only with this option; NULL: with any, and without
 * @words:  From which to choose; "@FILE", "@INTERFACE": of these; "": nothing
 *          that could be told
 */
struct meta {
    const char *word, *option, *words;
};

static const struct meta metas[] = {
    { "DIALECT", NULL, "xl xl-4.5 xm" },
    { "FORMAT", "to", "xl xm libvirt" },
    { "FORMAT", "from", "xl xl-4.5 xm libvirt" },
    { "FILE", NULL, "@FILE" },
    { "PATH", NULL, "@FILE" },
    { "DIR", NULL, "@FILE" },
    { "INTERFACE", NULL, "@INTERFACE" },
    { "BRIDGE", NULL, "@INTERFACE" },
    { "DEV", NULL, "@INTERFACE" },
    { "NAME", "bridge", "@INTERFACE" },
    { "NAME", NULL, "" },
    { "N", NULL, "" },
    { "M", NULL, "" },
    { "S", NULL, "" },
};

/* Words to choose from, to be freed; NULL after saying that there are none */
static char *words_of(const char *word, const char *option)
{
    if (!strcmp(word, "NAMING")) {
        char **all, *text = naming_words(), *joined;

        all = g_strsplit(text, ", ", -1);
        joined = g_strjoinv(" ", all);
        g_strfreev(all);
        g_free(text);
        return joined;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(metas); i++) {
        const struct meta *m = &metas[i];

        if (!strcmp(m->word, word) &&
            (!m->option || (option && !strcmp(m->option, option)))) {
            return g_strdup(m->words);
        }
    }
    /* "create|destroy" */
    if (strchr(word, '|')) {
        char **all = g_strsplit(word, "|", -1);
        char *joined = g_strjoinv(" ", all);

        g_strfreev(all);
        return joined;
    }
    ctl_fail("completion: %s%s: nothing says what to offer for '%s'",
             option ? "--" : "", option ? option : "", word);
    return NULL;
}

/* The line of a case that completes to @words */
static void print_offer(const char *pattern, const char *words)
{
    if (!strcmp(words, "@FILE")) {
        printf("    %s) _vifctl_files ;;\n", pattern);
    } else if (!strcmp(words, "@INTERFACE")) {
        printf("    %s) _vifctl_interfaces ;;\n", pattern);
    } else {
        printf("    %s) _vifctl_words \"%s\" ;;\n", pattern, words);
    }
}

static bool print_values(const struct ctl_command *cmd, const GOptionEntry *o)
{
    char *words, *pattern;

    if (!o->arg_description) {
        return true;
    }
    words = words_of(o->arg_description, o->long_name);
    if (!words) {
        return false;
    }
    pattern = g_strdup_printf("'%s --%s'", cmd->name, o->long_name);
    print_offer(pattern, words);
    g_free(pattern);
    g_free(words);
    return true;
}

/* What stands at each place beside the options */
static bool print_places(const struct ctl_command *cmd)
{
    char **word = g_strsplit(cmd->args, " ", -1);
    unsigned n = 0;
    bool ok = true;

    for (char **w = word; *w && ok; w++) {
        char *pattern, *words;
        size_t len;

        if (**w == '[') {
            memmove(*w, *w + 1, strlen(*w));
        }
        len = strlen(*w);
        if (len && (*w)[len - 1] == ']') {
            (*w)[len - 1] = 0;
        }
        /* An option, with its value, that only one command has */
        if (!**w || !strncmp(*w, "--", 2)) {
            w += **w && w[1];
            continue;
        }
        words = words_of(*w, NULL);
        ok = words;
        if (ok) {
            pattern = g_strdup_printf("'%s %u'", cmd->name, ++n);
            print_offer(pattern, words);
            g_free(pattern);
        }
        g_free(words);
    }
    g_strfreev(word);
    return ok;
}

/* Each option of @cmd to @print; false: one of them failed */
static bool each_option(const struct ctl_command *cmd,
                        const GOptionEntry *options, unsigned n,
                        bool (*print)(const struct ctl_command *cmd,
                                      const GOptionEntry *o))
{
    bool ok = true;

    for (unsigned i = 0; i < n && ok; i++) {
        if (cmd->options & 1u << i) {
            ok = print(cmd, &options[i]);
        }
    }
    for (const GOptionEntry *o = cmd->own; o && o->long_name && ok; o++) {
        ok = print(cmd, o);
    }
    return ok;
}

static bool print_name(const struct ctl_command *cmd, const GOptionEntry *o)
{
    printf(" --%s", o->long_name);
    return true;
}

/* Parts that no table changes.  --option=value comes as three words */
static const char head[] =
    "# SPDX-License-Identifier: MIT\n"
    "# What bash completes vifctl's words to; made by vifctl of its tables\n"
    "\n"
    "_vifctl_words() {\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\")\n"
    "}\n"
    "\n"
    "_vifctl_files() {\n"
    "    mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
    "    compopt -o filenames 2>/dev/null\n"
    "}\n"
    "\n"
    "_vifctl_interfaces() {\n"
    "    local path\n"
    "    for path in /sys/class/net/\"$cur\"*; do\n"
    "        [ -e \"$path\" ] || continue\n"
    "        COMPREPLY+=(\"$(printf %q \"${path##*/}\")\")\n"
    "    done\n"
    "}\n"
    "\n";

static const char middle[] =
    "_vifctl() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}"
    "\n"
    "    local command=${COMP_WORDS[1]} place=0 i\n"
    "    COMPREPLY=()\n"
    "    if [ \"$COMP_CWORD\" = 1 ]; then\n"
    "        _vifctl_words \"$_vifctl_commands --help --version\"\n"
    "        return\n"
    "    fi\n"
    "    if [ \"$cur\" = = ]; then\n"
    "        cur=\n"
    "    elif [ \"$prev\" = = ]; then\n"
    "        prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    fi\n"
    "    if [[ $prev == --* ]] && _vifctl_takes \"$command $prev\"; then\n"
    "        _vifctl_offer \"$command $prev\"\n"
    "        return\n"
    "    fi\n"
    "    if [[ $cur == -* ]]; then\n"
    "        _vifctl_words \"$(_vifctl_options \"$command\") --help\"\n"
    "        return\n"
    "    fi\n"
    "    for ((i = 2; i <= COMP_CWORD; i++)); do\n"
    "        case ${COMP_WORDS[i]} in\n"
    "        --*) [ \"${COMP_WORDS[i + 1]}\" != = ] &&\n"
    "            _vifctl_takes \"$command ${COMP_WORDS[i]}\" && i=$((i + 1)) ;;"
    "\n"
    "        =) i=$((i + 1)) ;;\n"
    "        *) place=$((place + 1)) ;;\n"
    "        esac\n"
    "    done\n"
    "    _vifctl_offer \"$command $place\"\n"
    "}\n"
    "complete -F _vifctl vifctl\n";

static bool print_taking(const struct ctl_command *cmd, const GOptionEntry *o)
{
    if (o->arg_description) {
        printf("    '%s --%s') return 0 ;;\n", cmd->name, o->long_name);
    }
    return true;
}

int ctl_completion(const struct ctl_command *const *commands, unsigned n,
                   const GOptionEntry *options, unsigned m)
{
    bool ok = true;

    printf("%s_vifctl_commands='", head);
    for (unsigned i = 0; i < n; i++) {
        printf("%s%s", i ? " " : "", commands[i]->name);
    }
    printf("'\n\n_vifctl_options() {\n    case $1 in\n");
    for (unsigned i = 0; i < n; i++) {
        printf("    %s) echo \"", commands[i]->name);
        each_option(commands[i], options, m, print_name);
        printf("\" ;;\n");
    }
    printf("    esac\n}\n\n_vifctl_takes() {\n    case $1 in\n");
    for (unsigned i = 0; i < n; i++) {
        each_option(commands[i], options, m, print_taking);
    }
    printf("    esac\n    return 1\n}\n\n_vifctl_offer() {\n    case $1 in\n");
    for (unsigned i = 0; i < n && ok; i++) {
        ok = each_option(commands[i], options, m, print_values) &&
             print_places(commands[i]);
    }
    printf("    esac\n}\n\n%s", middle);
    return ok ? CTL_OK : CTL_FINDING;
}
