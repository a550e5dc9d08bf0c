/* SPDX-License-Identifier: GPL-3.0-or-later
 * office: invented office prose for the tests of registered documents, and its fingerprints. Every fault of
 * the harness itself ends the test. */
#ifndef GH_TESTS_OFFICE_H
#define GH_TESTS_OFFICE_H

#include "rules/print.h"

/* A key from a number: the same one every time. */
struct print_key *office_key(uint8_t n);
/* About chars bytes of prose number seed, with the phrases that all offices use between sentences of its own.
 */
void office_prose(uint64_t seed, size_t chars, struct writer *out);
/* Fingerprints of text; heap, the caller frees. */
struct print *office_prints(const struct print_key *k, struct span text, size_t *ret_n);
/* Only their names. */
uint64_t *office_names(const struct print_key *k, struct span text, size_t *ret_n);
/* Next of a row of pseudo-random numbers. */
uint64_t office_random(uint64_t *state);

#endif
