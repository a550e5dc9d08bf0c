/* SPDX-License-Identifier: GPL-3.0-or-later
 * link: what the parts of gh-uplink share: the console's identity as enrolment left it, and the commands for
 * people. */
#ifndef GH_LINK_LINK_H
#define GH_LINK_LINK_H

#include "base/conf.h"
#include "base/seal.h"

#define LINK_URL 512
#define LINK_PIN 64

/* What an appliance knows of its console (state_dir/console.json, written by `enrol accept`). */
struct link_console {
    char url[LINK_URL];
    char pin[LINK_PIN]; /* base64 SHA-256 of the certificate's public key, as curl wants it behind "sha256//"
                         */
    char pin_next[LINK_PIN]; /* of the certificate that is announced to follow; "" none is */
    struct seal_public key;
};
/* Something for the console. */
struct letter {
    const char *path, *type; /* where on the console, and the body's content type */
    struct span body;
    size_t answer; /* bytes that the answer may well have, for the patience; 0: a few */
    uint64_t number; /* of the batch that may be left with a broker; 0: the answer is waited for */
    unsigned again;  /* how often batches were left there anew */
};
#define LINK_ENVELOPE "application/vnd.gatehouse.envelope"
#define LINK_PART "application/vnd.gatehouse.part"
#define LINK_PIECE "application/vnd.gatehouse.piece"
#define LINK_ASK "application/vnd.gatehouse.ask"

/* 0; ST_NOT_FOUND when not enrolled; ST_MALFORMED. */
int link_console_load(const char *state_dir, struct link_console *ret);

/* The console has other keys from now on (base/succession.h): console.json follows, when it is its own word. 0; ST_BAD_SIGNATURE;
 * ST_MALFORMED; or as the file system says. Called twice it is ST_BAD_SIGNATURE: the word is of the keys before. */
int link_succeed(const char *state_dir, struct span word);
/* The certificate that was announced is shown: the one before is not believed any more. */
int link_new_certificate(const char *state_dir);
/* How gh-uplink, which may write nowhere else, hands both to gh-down: files in state_dir/down. */
#define LINK_KEYS_FILE "console.keys"
#define LINK_TLS_FILE "console.tls"

/* gatehouse keys rotate (rotate.c). */
int keys_rotate(const struct conf *c, const char *file);
int keys_command(const struct conf *c, int argc, char **argv);
int keys_make(const struct conf *c); /* generate: exit code */
int enrol_command(const struct conf *c, int argc, char **argv);
/* What enrolment by files and by invitation share (enrol.c); each says what is wrong itself. The request's text; region: of a
 * console that reports to another; exit code. */
int enrol_text(const struct conf *c, const struct seal_public *own, const char *invitation, bool region, struct writer *out);
int enrol_own(const struct conf *c, struct seal_public *ret);
/* Takes the console's answer, whatever brought it (from: for messages); host: who it must be from, NULL: the words will tell. again: a
 * console that was known before is put aside. Exit code. */
struct invitation_host;
int enrol_take_answer(const struct conf *c, const char *from, struct span bytes, const struct invitation_host *host, bool again);
/* gatehouse enrol --invitation (invited.c). */
struct invited {
    const char *invitation, *console; /* code, file or "-"; address or NULL */
    bool again, no_wait;
};
int enrol_invited(const struct conf *c, const struct invited *o);
#define ENROL_WAITS 4 /* exit code of no_wait: the officer has not said yes yet */
/* An invitation as a code, a file or "-" (standard input). A file may also name the console: *ret_host_known; url (LINK_URL) is "" when
 * it does not. Exit code, with the sentence on stderr. */
struct invitation;
int invited_read(const char *what, struct invitation *ret, struct invitation_host *host, bool *ret_host_known, char *url);
int simulate_command(const struct conf *c, int argc, char **argv);
int down_command(const struct conf *c, int argc, char **argv);

/* Whole small file (at most 64 KiB) into w; a new file with mode, atomically, refusing to overwrite unless
 * replace. */
int link_read_file(const char *path, struct writer *w);
int link_write_file(const char *path, struct span bytes, unsigned mode, bool replace);

#endif
