// SPDX-License-Identifier: MIT
/*
 * qmpdoc.c - print docs/qmp.md from the table of commands
 */
#include <stdio.h>

#include "monitor/monitor.h"

int main(int argc, char **argv)
{
    g_autofree char *text = qmp_manual();

    fputs(text, stdout);
    return ferror(stdout) ? 1 : 0;
}
