/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse evidence member|request|share|record: what people do before and after a document is opened
 * (docs/evidence.md). */
#include "base/prompt.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/keylock.h"
#include "base/opening_files.h"
#include "policy/core/opening_cmd.h"
#include "policy/core/openings.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

/* What the four commands take; each says what it needs. */
struct words {
    const char *plain, *key, *out, *password, *committee, *reason, *by, *request, *conf, *set;
    bool renew;
};

static int wrong(const char *usage, const char *what, const char *word)
{
    fprintf(stderr, "gatehouse evidence: %s%s\nusage: gatehouse evidence %s\n", what, word, usage);
    return 2;
}

static int parse(struct words *w, const char *usage, int argc, char **argv)
{
    const struct {
        const char *name;
        const char **slot;
    } options[] = {{"-k", &w->key},     {"-o", &w->out},          {"--password-file", &w->password},
                   {"-r", &w->request}, {"--reason", &w->reason}, {"--committee", &w->committee},
                   {"--by", &w->by},    {"-c", &w->conf},         {"--set", &w->set}};

    for (int i = 1; i < argc; i++) {
        size_t k = 0;
        while (k < GH_COUNT(options) && strcmp(argv[i], options[k].name) != 0)
            k++;
        if (k < GH_COUNT(options) && i + 1 < argc)
            *options[k].slot = argv[++i];
        else if (!strcmp(argv[i], "--renew"))
            w->renew = true;
        else if (argv[i][0] == '-' || w->plain)
            return wrong(usage, "not understood, or without its value: ", argv[i]);
        else
            w->plain = argv[i];
    }
    return seal_init() == 0 ? 0 : 3;
}

static int say(const char *path, const char *what, int exit_code)
{
    fprintf(stderr, "gatehouse evidence: %s: %s\n", path, what);
    return exit_code;
}

static int ask(const char *prompt, const char *file, char *password, size_t *n)
{
    int rc = prompt_password(prompt, file, password, KEYLOCK_PASSWORD, n);

    if (rc == ST_NOT_FOUND && !file)
        fprintf(
            stderr,
            "gatehouse evidence: there is no terminal to ask for the password; give --password-file FILE\n");
    else if (rc)
        fprintf(stderr, "gatehouse evidence: the password: %s\n", status_text(rc));
    return rc ? 2 : 0;
}

static int ask_new(const char *file, char *password, char *again, size_t *n)
{
    size_t m;
    int rc = ask("Password for the new key: ", file, password, n);

    if (!rc && *n < KEYLOCK_PASSWORD_MIN) {
        fprintf(stderr,
                "gatehouse evidence: a password of at least %d bytes is needed; whole sentences are easy to "
                "remember\n",
                KEYLOCK_PASSWORD_MIN);
        return 2;
    }
    if (rc || file)
        return rc;
    rc = ask("Once more: ", NULL, again, &m);
    if (!rc && strcmp(password, again) != 0) {
        fprintf(stderr, "gatehouse evidence: the two differ; nothing was made\n");
        rc = 2;
    }
    return rc;
}

int opening_member_command(int argc, char **argv)
{
    static const char usage[] = "member NAME -o STICK/NAME.key [--password-file FILE]";
    struct words w = {.plain = NULL};
    char path[OPENING_PATH], *password = NULL;
    struct seal_keys *k = NULL;
    size_t n = 0, len;
    int rc = parse(&w, usage, argc, argv);

    if (rc)
        return rc;
    if (!w.plain || !w.out || !committee_name_is_good(span_str(w.plain)))
        return wrong(usage, "a member needs a name of 1 to 64 bytes, and a file for the key", "");
    len = strlen(w.out);
    snprintf(path, sizeof(path), "%.*s.pub",
             (int)(len > 4 && !strcmp(w.out + len - 4, ".key") ? len - 4 : len), w.out);
    password = seal_alloc((size_t)2 * KEYLOCK_PASSWORD);
    k = seal_keys_generate();
    rc = password && k ? ask_new(w.password, password, password + KEYLOCK_PASSWORD, &n) : 3;
    if (!rc && access(path, F_OK) == 0)
        rc = say(path, "it is there already and is not overwritten", 2);
    if (!rc) {
        int made = keylock_save(w.out, k, w.plain, span_of(password, n));
        if (made)
            rc = say(w.out,
                     made == ST_EXISTS ? "it is there already and is not overwritten" : status_text(made),
                     made == ST_NOMEM ? 3 : 2);
    }
    if (!rc && (rc = keyfile_save_public(path, seal_keys_public(k), w.plain)) != 0)
        rc = say(path, status_text(rc), 2);
    seal_free(password);
    seal_keys_free(k);
    if (rc)
        return rc;
    printf("key:    %s   keep it on your stick; nobody else needs it\npublic: %s   give this one to the "
           "committee\n",
           w.out, path);
    return 0;
}

/* A sealed file's name, or 64 hex digits. */
static bool read_sha256(const char *text, uint8_t out[static SHA256_SIZE])
{
    const char *slash = strrchr(text, '/');

    text = slash ? slash + 1 : text;
    for (size_t i = 0; i < (size_t)2 * SHA256_SIZE; i++) {
        static const char digits[] = "0123456789abcdef";
        const char *d = text[i] ? strchr(digits, text[i]) : NULL;
        if (!d)
            return false;
        out[i / 2] = (uint8_t)(out[i / 2] << 4 | (d - digits));
    }
    return !text[64] || !strcmp(text + 64, ".ghe");
}

static int write_request(const struct words *w, struct opening_request *q)
{
    struct seal_keys *k = seal_keys_generate();
    char path[OPENING_PATH], phrase[128];
    struct writer out;
    int rc = k ? 0 : 3;

    writer_init(&out, OPENING_REQUEST_MAX);
    if (!rc && opening_request_write(q, k, &out) != 0)
        rc = wrong(
            "request … --reason TEXT --by NAME",
            "a reason of at most 500 bytes and a name of at most 64, without control characters, are needed",
            "");
    if (!rc && (rc = keyfile_save(opening_beside(w->out, ".key", path), k)) != 0)
        rc = say(path, status_text(rc), 2);
    if (!rc && (rc = opening_file_write(w->out, writer_span(&out), 0644)) != 0)
        (void)unlink(path);
    if (!rc) {
        seal_phrase(&q->key, &q->committee.key, phrase, sizeof(phrase));
        printf(
            "request: %s   give it to %u of the %u members, or to the console\n"
            "key:     %s   stays on this machine, which alone can read their shares\n"
            "phrase:  %s\n         Members see the same words; read them out to each over the telephone.\n",
            w->out, q->committee.quorum, q->committee.n, path, phrase);
    }
    writer_done(&out);
    seal_keys_free(k);
    return rc;
}

int opening_request_command(int argc, char **argv)
{
    static const char usage[] =
        "request SEALED.ghe|SHA256|--renew --committee committee.shares --reason TEXT [--by NAME] -o REQUEST";
    struct words w = {.plain = NULL};
    struct opening_request q = {.kind = OPENING_DOCUMENT};
    struct writer file;
    const struct passwd *pw;
    int rc = parse(&w, usage, argc, argv);

    if (rc)
        return rc;
    if ((!w.plain) == (!w.renew) || !w.committee || !w.reason || !w.out)
        return wrong(usage, "what shall be opened, with whose shares, and why?", "");
    if (w.plain && !read_sha256(w.plain, q.sha256))
        return wrong(usage, "a sealed document is named by its file, or by 64 hex digits: ", w.plain);
    pw = w.by ? NULL : getpwuid(geteuid());
    q.kind = w.renew ? OPENING_RENEW : OPENING_DOCUMENT;
    snprintf(q.by, sizeof(q.by), "%s", w.by ? w.by : pw ? pw->pw_name : "");
    if (strlen(w.reason) >= sizeof(q.reason) || (w.by && strlen(w.by) >= sizeof(q.by)))
        return wrong(usage, "the reason or the name is too long", "");
    snprintf(q.reason, sizeof(q.reason), "%s", w.reason);
    rc = opening_file_read(w.committee, COMMITTEE_FILE_MAX, &file);
    if (!rc && committee_read(writer_span(&file), &q.committee) != 0)
        rc = say(w.committee, "it is no committee's file, or it was changed", 2);
    if (!rc) {
        q.committee_bytes = writer_span(&file);
        rc = write_request(&w, &q);
    }
    writer_done(&file);
    return rc;
}

static void show(const struct opening_request *q, const char *name)
{
    char hex[2 * SHA256_SIZE + 1], iso[CLOCK_ISO_SIZE], phrase[128];

    digest_hex(q->sha256, sizeof(q->sha256), hex);
    seal_phrase(&q->key, &q->committee.key, phrase, sizeof(phrase));
    fprintf(stderr,
            "%s asks to open %s%s\nreason: %s\nasked:  %s\nphrase: %s   (ask them to read it to you)\nyou:   "
            " %s\n",
            q->by,
            q->kind == OPENING_RENEW ? "THE COMMITTEE'S KEY, to change its members or quorum" : "document ",
            q->kind == OPENING_RENEW ? "" : hex, q->reason, clock_iso(q->made_us, iso), phrase, name);
}

static int load_member(const struct words *w, struct seal_keys **k, char name[KEYLOCK_NAME])
{
    char *password = NULL;
    size_t n = 0;
    int rc, bad;

    if (!keylock_is(w->key)) {
        bad = keyfile_load(w->key, k);
        return bad ? say(w->key, bad == ST_DENIED ? "others may read it; chmod 600" : status_text(bad), 2)
                   : 0;
    }
    password = seal_alloc(KEYLOCK_PASSWORD);
    rc = password ? ask("Password of your key: ", w->password, password, &n) : 3;
    bad = rc ? 0 : keylock_load(w->key, span_of(password, n), k, name);
    seal_free(password);
    if (bad == ST_BAD_SIGNATURE)
        return say(w->key, "the password is another one", 2);
    return bad ? say(w->key, bad == ST_DENIED ? "others may read it; chmod 600" : status_text(bad),
                     bad == ST_NOMEM ? 3 : 2)
               : rc;
}

int opening_share_command(int argc, char **argv)
{
    static const char usage[] = "share REQUEST -k MEMBER.key -o SHARE [--password-file FILE]";
    struct words w = {.plain = NULL};
    char name[KEYLOCK_NAME] = "";
    struct opening_request q;
    struct seal_keys *k = NULL;
    struct writer in, out;
    int rc = parse(&w, usage, argc, argv);

    if (rc)
        return rc;
    if (!w.plain || !w.key || !w.out)
        return wrong(usage, "share needs the request, -k and -o", "");
    writer_init(&out, OPENING_SHARE_MAX);
    rc = opening_request_load(w.plain, &in, &q);
    if (!rc) {
        show(&q, w.key);
        rc = load_member(&w, &k, name);
    }
    if (!rc) {
        int made = opening_share_write(&q, k, clock_wall_us(), &out);
        if (made)
            rc = say(w.key,
                     made == ST_DENIED          ? "this key is none of the committee's members"
                     : made == ST_BAD_SIGNATURE ? "the committee's file holds no share that this key opens"
                                                : status_text(made),
                     made == ST_NOMEM ? 3 : 2);
    }
    if (!rc)
        rc = opening_file_write(w.out, writer_span(&out), 0644);
    if (!rc)
        printf("share:  %s   only the machine that asked can read it, and for this request alone\n", w.out);
    writer_done(&in);
    writer_done(&out);
    seal_keys_free(k);
    return rc;
}

int opening_record_command(int argc, char **argv)
{
    static const char usage[] = "record RECEIPT -r REQUEST [-c FILE]";
    struct words w = {.plain = NULL};
    struct opening_receipt p;
    struct opening_request q;
    struct writer request, receipt, err;
    struct conf conf;
    int rc = parse(&w, usage, argc, argv);

    if (rc)
        return rc;
    if (!w.plain || !w.request)
        return wrong(usage, "record needs the receipt, and -r with its request", "");
    conf_defaults(&conf);
    writer_init(&err, 65536);
    if ((w.conf && conf_load(&conf, w.conf, &err) != 0) || (w.set && conf_set(&conf, w.set, &err) != 0)) {
        fprintf(stderr, "%s", writer_cstr(&err));
        rc = 2;
    }
    writer_done(&err);
    writer_init(&receipt, 0);
    writer_init(&request, 0);
    if (!rc)
        rc = opening_request_load(w.request, &request, &q);
    if (!rc)
        rc = opening_file_read(w.plain, OPENING_RECEIPT_MAX, &receipt);
    if (!rc && opening_receipt_read(&q, writer_span(&receipt), &p) != 0)
        rc = say(w.plain, "it is no receipt of that request", 2);
    if (!rc)
        rc = openings_leave(&conf, &q, &p);
    writer_done(&request);
    writer_done(&receipt);
    if (!rc)
        printf("The appliance records it in its journal within a minute, or when it is started next.\n");
    return rc;
}
