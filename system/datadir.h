/* SPDX-License-Identifier: MIT */
/*
 * datadir.h - where expansion ROMs are looked for
 */
#ifndef SYSTEM_DATADIR_H
#define SYSTEM_DATADIR_H

/* -L DIR: look there before the built-in directories */
void datadir_add(const char *dir);

/**
 * datadir_find() - Find a file by the name that options use
 * @name: A path, or a bare name to look for in the data directories
 *
 * Return: a path that can be read, g_free(); NULL if there is none
 */
char *datadir_find(const char *name);

/* The directories, one a line, g_free() */
char *datadir_help(void);

#endif
