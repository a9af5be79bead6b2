// SPDX-License-Identifier: MIT
/*
 * step.c - the program that tests are made with fails or dies where told
 *
 * VIFCTL_FAULT in the environment is a list of words with commas between:
 * "kill:N" ends the process before its N-th change, as SIGKILL does; "fail:N"
 * lets the N-th fail, "fail:N-" all from the N-th on.  Changes count from 1.
 */
#include "xen/step.h"

#include <errno.h>
#include <glib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool meant(const char *word, const char *what, unsigned n)
{
    char *end;
    unsigned long first;

    if (!g_str_has_prefix(word, what)) {
        return false;
    }
    first = strtoul(word + strlen(what), &end, 10);
    return n == first || (*end == '-' && n > first);
}

int step(void)
{
    static unsigned n;
    const char *fault = g_getenv("VIFCTL_FAULT");
    char **words = g_strsplit(fault ? fault : "", ",", -1);
    int why = 0;

    n++;
    for (char **w = words; *w; w++) {
        if (meant(*w, "kill:", n)) {
            raise(SIGKILL);
        }
        if (meant(*w, "fail:", n)) {
            why = EIO;
        }
    }
    g_strfreev(words);
    return why;
}
