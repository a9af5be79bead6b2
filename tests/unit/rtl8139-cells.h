/* SPDX-License-Identifier: MIT */
/*
 * rtl8139-cells.h - the EEPROM of an RTL8139, from behind
 *
 * Apart from rtl8139-card.h, because the model's header has the same names as
 * that of the tests.
 */
#ifndef TESTS_UNIT_RTL8139_CELLS_H
#define TESTS_UNIT_RTL8139_CELLS_H

#include <stdint.h>

/* Words of the EEPROM of host.nic, past its interface */
uint16_t *card_cells(void);

#endif
