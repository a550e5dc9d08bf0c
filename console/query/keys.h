/* SPDX-License-Identifier: GPL-3.0-or-later
 * keys: the words under which an event is filed in the full-text index, and the same words when somebody
 * asks. A key is 'k' and 16 hex digits: a hash of the field's name and the folded value, so that no value of
 * the wire can look like another field's, and no punctuation splits it. Whoever changes these forms adds a
 * migration that builds the index anew. */
#ifndef GH_CONSOLE_KEYS_H
#define GH_CONSOLE_KEYS_H

#include "base/writer.h"

#define KEY_TEXT 17

/* Appends the key of name=value, and nothing else. */
void key_put(struct writer *w, const char *name, struct span value);
void key_put_number(struct writer *w, const char *name, int64_t value);
/* Appends keys, with separator between, for an address and the networks it is in: "s" or "d" is its end. Text
 * that is no address gives none. */
void key_put_address(struct writer *w, const char *end, struct span address);
/* Appends, with separator between, the keys that together are the network; how many, 0 when it is none or
 * would take more than max. */
size_t key_put_network(struct writer *w, const char *end, struct span network, const char *separator,
                       size_t max);
/* Appends the keys of a time's day and month, each with a space behind. */
void key_put_time(struct writer *w, int64_t us);
/* Is the text an address or a network ("10.1.0.0/16")? */
bool key_is_network(struct span s);
/* Text for the column of exact words: words in lower case, those with letters beyond ASCII as 'x' and a hash,
 * separated by spaces. *ret_special: there was one of these. Returns the number of words. */
size_t key_put_exact(struct writer *w, struct span text, bool *ret_special);

/* The small letter of a capital of the Latin, Greek and Cyrillic alphabets; anything else as it is. */
uint32_t key_lower(uint32_t cp);

#endif
