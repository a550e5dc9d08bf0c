/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse journal: verify and print the signed journal. */
#include "base/clock.h"
#include "base/conf.h"
#include "base/json.h"
#include "base/text.h"
#include "policy/core/cmd_carry.h"
#include "policy/core/commands.h"
#include "base/journal.h"
#include "policy/core/journal_verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#define PATH_MOST (CONF_TEXT + 64)
#define CAT_ARENA (160u << 20)

static const char usage_text[] =
    "usage: gatehouse journal verify [-c FILE | DIR | JOURNAL.db] [-k APPLIANCE.pub]\n"
    "       gatehouse journal cat    [-c FILE | DIR | JOURNAL.db] [--since TIME] [--json]\n"
    "       gatehouse journal export [-c FILE] [--since NUMBER] OUTDIR\n"
    "       gatehouse journal import [-c FILE] RECEIPT.json\n"
    "  verify   check every batch: numbering, chain, signatures, each record. Exit 0: whole; 2: not, and "
    "where first\n"
    "  cat      print what was recorded, one line each; --json: the events themselves as EVE JSON lines\n"
    "  export   write batches as sealed files, for a stick: what has no receipt yet, or from that batch on\n"
    "  import   take the console's signed receipt for them, so that they may be trimmed\n"
    "  --since  only batches signed at that time or later, e.g. 2026-11-24T08:00:00Z\n";

struct journal_args {
    char db[PATH_MOST], key[PATH_MOST + 32];
    uint64_t since_us;
    bool json;
};

static int usage(const char *what, const char *word)
{
    fprintf(stderr, "gatehouse journal: %s%s\n%s", what, word, usage_text);
    return 2;
}

/* From a state directory or a journal file to both paths. */
static void place(struct journal_args *a, const char *path)
{
    struct stat st;
    const char *slash;

    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        snprintf(a->db, sizeof(a->db), "%.512s/%s", path, JOURNAL_FILE);
        if (!*a->key)
            snprintf(a->key, sizeof(a->key), "%.512s/appliance.pub", path);
        return;
    }
    slash = strrchr(path, '/');
    snprintf(a->db, sizeof(a->db), "%.560s", path);
    if (!*a->key)
        snprintf(a->key, sizeof(a->key), "%.*s/appliance.pub", slash ? (int)(slash - path) : 1,
                 slash ? path : ".");
}

static int load_conf(struct conf *c, const char *option, const char *value)
{
    struct writer err;
    int rc;

    writer_init(&err, 65536);
    rc = !strcmp(option, "-c") ? conf_load(c, value, &err) : conf_set(c, value, &err);
    if (rc)
        fprintf(stderr, "%s", writer_cstr(&err));
    writer_done(&err);
    return rc ? 2 : 0;
}

static int parse(struct journal_args *a, int argc, char **argv)
{
    const char *path = NULL;
    struct conf conf;
    int rc = 0;

    conf_defaults(&conf);
    for (int i = 0; i < argc && !rc; i++) {
        bool takes = !strcmp(argv[i], "-c") || !strcmp(argv[i], "--set") || !strcmp(argv[i], "-k") ||
                     !strcmp(argv[i], "--since");
        if (takes && i + 1 == argc)
            return usage("this option lacks its value: ", argv[i]);
        if (!strcmp(argv[i], "--json"))
            a->json = true;
        else if (!strcmp(argv[i], "-k"))
            snprintf(a->key, sizeof(a->key), "%.560s", argv[++i]);
        else if (!strcmp(argv[i], "--since")) {
            const char *t = argv[++i];
            if (!clock_parse_iso(t, strlen(t), &a->since_us))
                return usage("this is no time: ", t);
        } else if (takes) {
            rc = load_conf(&conf, argv[i], argv[i + 1]);
            i++;
        } else if (argv[i][0] == '-') {
            return usage("unknown option ", argv[i]);
        } else if (path) {
            return usage("one journal at a time, not also ", argv[i]);
        } else {
            path = argv[i];
        }
    }
    if (!rc)
        place(a, path ? path : conf.node_state_dir);
    return rc;
}

static int verify(const struct journal_args *a)
{
    struct verify_report r;
    struct seal_public pub;
    int rc = seal_init();

    if (!rc)
        rc = keyfile_load_public(a->key, &pub, NULL, 0);
    if (rc) {
        fprintf(stderr, "gatehouse journal: %s: %s. -k names the public key of the appliance that wrote it\n",
                a->key, status_text(rc));
        return 2;
    }
    rc = journal_verify(a->db, &pub, &r);
    if (!rc && !r.batches) {
        printf("%s: empty, nothing was recorded yet\n", a->db);
        return 0;
    }
    if (!rc) {
        printf("%s: whole: batches %" PRIu64 " to %" PRIu64 ", %" PRIu64
               " records; numbering, chain and every signature are good\n",
               a->db, r.first, r.last, r.records);
        return 0;
    }
    printf("%s: NOT WHOLE: ", a->db);
    if (r.bad_batch)
        printf("batch %" PRIu64, r.bad_batch);
    if (r.bad_record)
        printf(", record %" PRIu64, r.bad_record);
    printf("%s%s\n", r.bad_batch ? ": " : "", r.what);
    if (r.batches)
        printf("batches %" PRIu64 " to %" PRIu64 " before it are good\n", r.first, r.first + r.batches - 1);
    return 2;
}

/* A hostile file name must not steer the terminal: control characters, also those of C1, become '?'. */
static void put_tame(struct writer *w, const char *text)
{
    struct span s = span_str(text);
    size_t at = 0;

    while (at < s.n) {
        uint32_t cp = text_next(s, &at);
        text_put(w, cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x2028 || cp == 0x2029 ? '?' : cp);
    }
}

static void put_pair(struct writer *w, const char *before, const struct json *value)
{
    const char *text = json_cstr(value, "");

    if (!*text)
        return;
    writer_str(w, before);
    put_tame(w, text);
}

static void print_people(const struct record *r, uint64_t batch, struct arena *a)
{
    struct json *j = NULL;
    struct writer w;

    writer_init(&w, JOURNAL_UNIT_MAX);
    if (json_parse(a, r->json, 64, &j, NULL) != 0)
        writer_str(&w, "a record that is no JSON");
    put_pair(&w, "", json_get(j, "timestamp"));
    put_pair(&w, " ", json_get(j, "event_type"));
    put_pair(&w, " ", json_get(j, "src_ip"));
    put_pair(&w, " -> ", json_get(j, "dest_ip"));
    put_pair(&w, " ", json_path(j, "fileinfo.filename"));
    put_pair(&w, " sha256 ", json_path(j, "fileinfo.sha256"));
    put_pair(&w, " level ", json_path(j, "gatehouse.document.level"));
    put_pair(&w, " ", json_path(j, "alert.signature"));
    put_pair(&w, ": ", json_path(j, "gatehouse.verdict.action"));
    writer_printf(&w, "  (batch %" PRIu64 ", run %" PRIu64 " n %" PRIu64 " k %u)", batch, r->run, r->n, r->k);
    printf("%s\n", writer_cstr(&w));
    writer_done(&w);
}

static int cat_batch(const struct journal_args *a, struct span bytes, struct arena *arena)
{
    struct batch_header h;
    struct record *r;
    uint8_t sig[SEAL_SIGNATURE];
    size_t n;
    int rc = batch_read(bytes, arena, &h, &r, &n, sig);

    for (size_t i = 0; !rc && i < n; i++) {
        struct arena_mark mark = arena_mark(arena);
        if (a->json)
            printf("%.*s\n", (int)r[i].json.n, (const char *)r[i].json.p);
        else
            print_people(&r[i], h.number, arena);
        arena_rollback(arena, mark);
    }
    return rc;
}

static int cat(const struct journal_args *a)
{
    struct arena *arena = arena_new(CAT_ARENA);
    struct db *db = NULL;
    struct db_stmt *s;
    int rc = arena ? db_open(a->db, DB_READ, &db) : ST_NOMEM;

    if (!rc)
        rc = db_query(db, &s, "SELECT bytes,number FROM batch WHERE wall_us>=? ORDER BY number", "i",
                      (int64_t)a->since_us);
    while (!rc && (rc = db_step(s)) == 1) {
        int64_t number = db_i64(s, 1);
        arena_reset(arena);
        rc = cat_batch(a, db_blob(s, 0), arena);
        if (rc)
            fprintf(stderr,
                    "gatehouse journal: batch %" PRId64 ": %s; 'gatehouse journal verify' tells more\n",
                    number, status_text(rc));
    }
    if (rc && !db)
        fprintf(stderr, "gatehouse journal: %s: %s\n", a->db, status_text(rc));
    db_close(db);
    arena_free(arena);
    return rc ? 2 : fflush(stdout) == 0 ? 0 : 3;
}

/* export and import: one path, the configuration, and a number. */
static int carry(bool out, int argc, char **argv)
{
    struct conf conf;
    const char *path = NULL;
    uint64_t since = 0;
    int rc = 0;

    conf_defaults(&conf);
    for (int i = 0; i < argc && !rc; i++) {
        bool setting = !strcmp(argv[i], "-c") || !strcmp(argv[i], "--set");
        if (setting && i + 1 < argc) {
            rc = load_conf(&conf, argv[i], argv[i + 1]);
            i++;
        } else if (out && !strcmp(argv[i], "--since") && i + 1 < argc) {
            if (!span_number(span_str(argv[++i]), INT64_MAX, &since) || !since)
                return usage("this is no number of a batch: ", argv[i]);
        } else if (argv[i][0] == '-' || path) {
            return usage("not understood: ", argv[i]);
        } else {
            path = argv[i];
        }
    }
    if (rc)
        return rc;
    if (!path)
        return usage(out ? "export needs a directory" : "import needs the console's answer", "");
    if (seal_init() != 0)
        return 3;
    return out ? carry_export(&conf, since, path) : carry_import(&conf, path);
}

int journal_command(int argc, char **argv)
{
    struct journal_args a = {0};
    int rc;

    if (argc < 2)
        return usage("what shall be done?", "");
    if (!strcmp(argv[1], "export") || !strcmp(argv[1], "import"))
        return carry(!strcmp(argv[1], "export"), argc - 2, argv + 2);
    rc = parse(&a, argc - 2, argv + 2);
    if (rc)
        return rc;
    if (!strcmp(argv[1], "verify"))
        return verify(&a);
    if (!strcmp(argv[1], "cat"))
        return cat(&a);
    return usage("unknown word ", argv[1]);
}
