/* SPDX-License-Identifier: MIT */
/*
 * regs-rows.h - makes the rows of a .def file those of a table of struct reg
 *
 * Where the .def file is included two more macros are needed: REGS_OF, the
 * instance that the registers are in, and REGS_IN, its member that holds their
 * values.  What follows the fixed arguments of a row is initializers.
 *
 * REG and REGS declare a register and an array; REGV is a further row of the
 * same register, for chips where it differs; ALIAS and ALIASES are further
 * addresses; HIDDEN and HIDDENS are state that no address reaches.
 */
#ifndef HW_REGS_ROWS_H
#define HW_REGS_ROWS_H

#include "hw/regs.h"

#define REG_ROW(id, at, bytes, ...)                                            \
    { .name = #id,                                                             \
      .offset = (at),                                                          \
      .width = (bytes),                                                        \
      .field = offsetof(REGS_OF, REGS_IN.id) - offsetof(REGS_OF, REGS_IN),     \
      __VA_ARGS__ },
#define REG(id, at, bytes, ...)  REG_ROW(id, at, bytes, __VA_ARGS__)
#define REGV(id, at, bytes, ...) REG_ROW(id, at, bytes, __VA_ARGS__)
#define REGS(id, at, bytes, n, ...)                                            \
    REG_ROW(id, at, bytes, .count = (n), __VA_ARGS__)
#define ALIAS(id, at, bytes, ...)                                              \
    REG_ROW(id, at, bytes, .alias = true, __VA_ARGS__)
#define ALIASES(id, at, bytes, n, ...)                                         \
    REG_ROW(id, at, bytes, .alias = true, .count = (n), __VA_ARGS__)
#define HIDDEN(id, bytes, ...)                                                 \
    REG_ROW(id, 0, bytes, .hidden = true, __VA_ARGS__)
#define HIDDENS(id, bytes, n, ...)                                             \
    REG_ROW(id, 0, bytes, .hidden = true, .count = (n), __VA_ARGS__)

#endif
