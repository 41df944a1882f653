/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * EACH_WIDTH(X): X(n) for every width of a packed block that takes bytes, 1 to 32;
 * EACH_LOW_WIDTH(X): for those of low bits, 1 to 31.  For the switches of kernels
 * that are a function of its own for each width.
 */
#ifndef CODEC_WIDTHS_H
#define CODEC_WIDTHS_H

#if defined(BQ_EMULATE_AVX512) /* is in no hurry: `default:`, with the width as a variable, serves all */
#define EACH_LOW_WIDTH(X)
#define EACH_WIDTH(X)
#else
#define EACH_LOW_WIDTH(X)                                                                                              \
	X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(20) \
	X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31)
#define EACH_WIDTH(X) EACH_LOW_WIDTH(X) X(32)
#endif

#endif
