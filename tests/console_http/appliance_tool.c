/* SPDX-License-Identifier: GPL-3.0-or-later
 * An appliance for tests: makes keys and an enrolment request, and batches from lines, honest or forged.
 *
 *   appliance_tool keys DIR NAME                    DIR/NAME.key, request on stdout
 *   appliance_tool hello KEY CONSOLE.pub NUMBER HASH-HEX [as KEY2]   a sealed hello to stdout
 *   appliance_tool seal CONSOLE.pub                 stdin as a sealed file to stdout
 *   appliance_tool batch KEY CONSOLE.pub NUMBER PREVIOUS-HEX RUN [as KEY2] [tamper] [at SECONDS]
 *       records on stdin, one a line: TYPE TAB N TAB K TAB JSON; the sealed envelope goes to stdout, the hash
 * to stderr. "as KEY2": claims KEY2's identity, but KEY signs; "tamper": changes a record after the
 * signature; "at": signed at that time. */
#include "base/base64.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/envelope.h"
#include "base/event.h"
#include "base/fetch.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>

#define LINE_MAX_BYTES (8u << 20)
#define RECORDS_MAX 20000

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "appliance_tool: %s\n", what);
    exit(2);
}

static int make_keys(const char *dir, const char *name)
{
    struct seal_keys *k = seal_keys_generate();
    char path[512], text[BASE64_SIZE(32)];
    struct writer w;
    struct jw j;

    snprintf(path, sizeof(path), "%s/%s.key", dir, name);
    if (!k || keyfile_save(path, k) != 0)
        die("the key cannot be saved");
    writer_init(&w, 4096);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "gatehouse", "enrol-request-v1");
    jw_kcstr(&j, "name", name);
    jw_kcstr(&j, "sign", base64_encode(seal_keys_public(k)->sign, 32, text, sizeof(text)));
    jw_kcstr(&j, "box", base64_encode(seal_keys_public(k)->box, 32, text, sizeof(text)));
    jw_end_obj(&j);
    fwrite(w.p, 1, w.n, stdout);
    writer_done(&w);
    seal_keys_free(k);
    return 0;
}

static size_t read_records(struct arena *a, uint64_t run, struct record *r)
{
    char *line = NULL;
    size_t cap = 0, n = 0;

    while (getline(&line, &cap, stdin) > 0 && n < RECORDS_MAX) {
        char *rest = line, *part[4] = {NULL};
        enum event_type type;
        for (int i = 0; i < 4; i++)
            part[i] = i < 3 ? strsep(&rest, "\t") : rest;
        if (!part[3])
            die("a line has too few fields");
        part[3][strcspn(part[3], "\n")] = 0;
        /* a type that is no name is sent as its number */
        if (!event_type_parse(span_str(part[0]), &type))
            type = (enum event_type)strtoul(part[0], NULL, 10);
        r[n] = (struct record){.run = run, .n = strtoull(part[1], NULL, 10), .type = (uint8_t)type};
        r[n].k = (uint32_t)strtoul(part[2], NULL, 10);
        r[n].json = span_of(arena_dup(a, part[3], strlen(part[3])), strlen(part[3]));
        n++;
    }
    free(line);
    return n;
}

static void unhex(const char *text, uint8_t *out, size_t n)
{
    if (strlen(text) < 2 * n)
        die("too few hex digits");
    for (size_t i = 0; i < n; i++) {
        char digits[3] = {text[2 * i], text[2 * i + 1], 0}, *end;
        out[i] = (uint8_t)strtoul(digits, &end, 16);
        if (*end)
            die("not hex");
    }
}

static int make_batch(int argc, char **argv)
{
    struct arena *a = arena_new(512u << 20);
    struct record *r = arena_array(a, RECORDS_MAX, sizeof(*r));
    struct batch_header h = {.wall_us = clock_wall_us()};
    struct seal_keys *key = NULL, *other = NULL;
    struct seal_public console;
    struct writer batch, sealed;
    uint8_t sig[SEAL_SIGNATURE], hash[SEAL_HASH];
    bool tamper = false;
    char hex[65], json[] = "{\"changed\":true}";
    size_t n;

    if (argc < 5 || keyfile_load(argv[0], &key) != 0 || keyfile_load_public(argv[1], &console, NULL, 0) != 0)
        die("keys cannot be read");
    h.number = strtoull(argv[2], NULL, 10);
    unhex(argv[3], h.previous, SEAL_HASH);
    n = read_records(a, strtoull(argv[4], NULL, 10), r);
    for (int i = 5; i < argc; i++) {
        if (!strcmp(argv[i], "as") && i + 1 < argc && keyfile_load(argv[++i], &other) != 0)
            die("the other key cannot be read");
        tamper |= !strcmp(argv[i], "tamper");
        if (!strcmp(argv[i], "at") && i + 1 < argc)
            h.wall_us = strtoull(argv[++i], NULL, 10) * 1000000;
    }
    seal_id(seal_keys_public(other ? other : key), h.appliance);
    batch_sign(&h, r, n, key, sig);
    if (tamper && n)
        r[0].json = span_str(json);
    writer_init(&batch, ENVELOPE_MAX);
    writer_init(&sealed, ENVELOPE_MAX + 4096);
    if (batch_write(&h, r, n, sig, &batch) != 0 || envelope_seal(writer_span(&batch), &console, &sealed) != 0)
        die("the batch is too large");
    batch_hash(&h, hash);
    digest_hex(hash, sizeof(hash), hex);
    fprintf(stderr, "%s", hex);
    fwrite(sealed.p, 1, sealed.n, stdout);
    writer_done(&batch);
    writer_done(&sealed);
    seal_keys_free(key);
    seal_keys_free(other);
    arena_free(a);
    return 0;
}

/* The journal's head as an appliance signs it. */
static int make_hello(int argc, char **argv)
{
    struct fetch_hello h = {.first = 1, .wall_us = clock_wall_us()};
    struct seal_keys *key = NULL, *other = NULL;
    struct seal_public console;
    struct writer head, plain, sealed;

    if (argc < 4 || keyfile_load(argv[0], &key) != 0 || keyfile_load_public(argv[1], &console, NULL, 0) != 0)
        die("keys cannot be read");
    if (argc == 6 && !strcmp(argv[4], "as") && keyfile_load(argv[5], &other) != 0)
        die("the other key cannot be read");
    h.number = strtoull(argv[2], NULL, 10);
    unhex(argv[3], h.hash, SEAL_HASH);
    seal_id(seal_keys_public(other ? other : key), h.appliance);
    writer_init(&head, 64);
    writer_le(&head, h.first, 8);
    writer_le(&head, h.number, 8);
    writer_le(&head, h.wall_us, 8);
    writer_bytes(&head, h.hash, SEAL_HASH);
    seal_sign(key, "gatehouse-journal-head-v1", writer_span(&head), h.signature);
    writer_init(&plain, 256);
    writer_init(&sealed, 1024);
    fetch_hello_write(&h, &plain);
    if (envelope_seal(writer_span(&plain), &console, &sealed) != 0)
        die("it cannot be sealed");
    fwrite(sealed.p, 1, sealed.n, stdout);
    writer_done(&head);
    writer_done(&plain);
    writer_done(&sealed);
    seal_keys_free(key);
    seal_keys_free(other);
    return 0;
}

static int make_sealed(const char *console_pub)
{
    struct seal_public console;
    uint64_t n;

    if (keyfile_load_public(console_pub, &console, NULL, 0) != 0 || seal_file(0, 1, &console, &n) != 0)
        die("it cannot be sealed");
    return 0;
}

int main(int argc, char **argv)
{
    if (seal_init() != 0)
        die("no libsodium");
    if (argc == 4 && !strcmp(argv[1], "keys"))
        return make_keys(argv[2], argv[3]);
    if (argc > 2 && !strcmp(argv[1], "hello"))
        return make_hello(argc - 2, argv + 2);
    if (argc == 3 && !strcmp(argv[1], "seal"))
        return make_sealed(argv[2]);
    if (argc > 2 && !strcmp(argv[1], "batch"))
        return make_batch(argc - 2, argv + 2);
    die("usage: keys DIR NAME | batch KEY CONSOLE.pub NUMBER PREVIOUS RUN [as KEY2] [tamper] [at SECONDS]");
}
