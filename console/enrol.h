/* SPDX-License-Identifier: GPL-3.0-or-later
 * enrol: an appliance's request file in, the console's answer file out. Both are JSON, base64 for keys; they
 * may travel by any way, as two people compare the six words of the phrase afterwards. */
#ifndef GH_CONSOLE_ENROL_H
#define GH_CONSOLE_ENROL_H

#include "base/seal.h"
#include "base/writer.h"

#define ENROL_NAME 101
#define ENROL_FILE_MAX 65536

#define ENROL_INVITED_MAX 1024

struct enrol_request {
    char name[ENROL_NAME];
    struct seal_public keys;
    bool region;  /* a region's console, which forwards for appliances of its own */
    bool follows; /* it was an appliance with other keys before, which signed these */
    uint8_t old_id[SEAL_ID], word[SEAL_SIGNATURE];
    size_t n_invited; /* bytes of the sealed request that came with an invitation (base/invitation.h), 0: none did */
    uint8_t invited[ENROL_INVITED_MAX];
};
#define ENROL_SUCCESSION "gatehouse-succession-v1" /* domain of word, over sign and box of the new keys */
bool enrol_name_is_good(struct span name); /* 1 to 100 bytes of UTF-8, no control characters */
struct db;
/* Lets it in, in the caller's transaction: anew, or in the place of the one that it was before. 0; ST_NOT_FOUND and
 * ST_BAD_SIGNATURE as appliance_succeed. */
int enrol_take(struct db *d, const struct enrol_request *r);
/* Strict: ST_MALFORMED with a sentence. */
int enrol_read(struct span text, struct enrol_request *ret, const char **ret_why);

struct enrol_answer {
    const char *url, *pin;
    struct seal_public console, committee;
};
/* The answer file's text; phrase (cap bytes) gets the words. */
int enrol_write(const struct enrol_request *r, const struct enrol_answer *a, struct writer *out, char *phrase,
                size_t cap);

#endif
