/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Places of the bits of each byte, one a byte, the lowest first: 0x92 -> 1 4 7 0 ..
 */
#ifndef CODEC_PLACES_H
#define CODEC_PLACES_H

#include <stdint.h>

extern const uint64_t places_of_byte[256];

#endif
