/* SPDX-License-Identifier: GPL-3.0-or-later
 * smb_talk: makes SMB messages and has a parser read them. */
#ifndef GH_TESTS_SMB_TALK_H
#define GH_TESTS_SMB_TALK_H

#include "base/writer.h"
#include "tests/sensor_carve/fake_host.h"

struct talk {
    struct proto_host *h;
    size_t step;     /* bytes of one feed; 0: a message at once */
    struct writer w; /* the message under way */
    size_t unit;     /* where its last unit begins */
    uint64_t session;
    uint32_t tree;
    uint32_t status; /* of answers */
    uint32_t flags;  /* more flags of SMB 2 units */
    bool oem;        /* SMB 1 texts are not Unicode */
};

#define ANSWER 1u
#define ASYNC 2u
#define RELATED 4u

void talk_open(struct talk *t, size_t step);
/* Ends both directions and closes. */
void talk_close(struct talk *t);
/* Frees what talk_open made. */
void talk_free(struct talk *t);

/* One SMB 2 unit behind those that are there already. */
void smb2(struct talk *t, uint16_t command, uint32_t flags, uint64_t id, const void *body, size_t n);
/* Sends the units as one message. */
void talk_send(struct talk *t, enum direction dir);

/* Bodies of SMB 2. file: number of the file's id; 0xFF: that of the unit before. */
void ask_create(struct talk *t, uint64_t id, const char *name);
void say_create(struct talk *t, uint64_t id, uint8_t file, uint64_t size);
void ask_close(struct talk *t, uint64_t id, uint8_t file);
void say_close(struct talk *t, uint64_t id);
void ask_read(struct talk *t, uint64_t id, uint8_t file, uint64_t offset, uint32_t length);
void say_read(struct talk *t, uint64_t id, const void *p, size_t n);
void ask_write(struct talk *t, uint64_t id, uint8_t file, uint64_t offset, const void *p, size_t n);
void ask_tree(struct talk *t, uint64_t id, const char *share);
void say_tree(struct talk *t, uint64_t id, uint8_t type);
void ask_end(struct talk *t, uint64_t id, uint8_t file, uint64_t size);

/* Each of them as a message of its own. */
void tree(struct talk *t, const char *share, uint8_t type);
void opened(struct talk *t, const char *name, uint8_t file, uint64_t size);
void closed(struct talk *t, uint8_t file);
void read_all(struct talk *t, uint8_t file, uint64_t offset, const void *p, size_t n);
void written(struct talk *t, uint8_t file, uint64_t offset, const void *p, size_t n);

/* An SMB 1 message: words and bytes of one command. */
void smb1(struct talk *t, enum direction dir, uint8_t command, uint16_t id, const void *words, size_t n_words,
          const void *bytes, size_t n_bytes);

#endif
