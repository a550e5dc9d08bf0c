/* SPDX-License-Identifier: GPL-3.0-or-later
 * Every capture of the reference corpus yields as many frames as its expectation says. Skipped where the
 * corpus is not there. */
#include "../check.h"
#include "base/json.h"
#include "sensor/capture/source.h"
#include "sensor/decode/packet.h"

#include <fcntl.h>

#define CORPUS "../shared/corpus"

static uint64_t frames_of(const char *path)
{
    int fd = open(path, O_RDONLY);
    struct source *s;
    struct frame f;
    uint64_t n = 0;

    if (fd < 0)
        return UINT64_MAX;
    for (s = replay_open(fd, path); s && source_next(s, &f) == SOURCE_FRAME; n++) {
        struct packet p = {.ts_us = f.ts_us, .number = n + 1, .wire_bytes = f.wire_bytes};
        CHECK(packet_decode(&p, f.link_type, f.bytes) < PACKET_VERDICT_COUNT);
    }
    source_free(s);
    return n;
}

int main(void)
{
    FILE *list = fopen(CORPUS "/captures.expected.jsonl", "r");
    struct arena *a = arena_new(64 << 20);
    char *line = NULL, path[512];
    size_t cap = 0;
    ssize_t n;

    if (!list) {
        fprintf(stderr, "skipped: no " CORPUS "/captures.expected.jsonl\n");
        arena_free(a);
        return CHECK_SKIP;
    }
    while (a && (n = getline(&line, &cap, list)) > 0) {
        struct json *j;
        const char *name, *slash;
        arena_reset(a);
        if (json_parse(a, span_trim(span_of(line, (size_t)n)), 64, &j, NULL) != 0) {
            CHECK(!"an expectation that is no JSON");
            continue;
        }
        name = json_cstr(json_get(j, "pcap"), "");
        slash = strrchr(name, '/');
        snprintf(path, sizeof(path), CORPUS "/captures/%s", slash ? slash + 1 : name);
        check_row(name);
        CHECK_U64(frames_of(path), json_i64(json_get(j, "packets"), -1));
    }
    free(line);
    fclose(list);
    arena_free(a);
    return check_end();
}
