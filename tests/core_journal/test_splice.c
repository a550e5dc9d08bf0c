/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/core/splice.h"
#include "tests/check.h"

int main(void)
{
    static const struct {
        const char *name, *in, *members, *want;
        bool stored, closed;
    } rows[] = {
        {"plain", "{\"a\":1,\"fileinfo\":{\"state\":\"CLOSED\",\"stored\":false}}", "",
         "{\"a\":1,\"fileinfo\":{\"state\":\"CLOSED\",\"stored\":false}}", false, true},
        {"stored", "{\"a\":1,\"fileinfo\":{\"state\":\"CLOSED\",\"stored\":false}}", "",
         "{\"a\":1,\"fileinfo\":{\"state\":\"CLOSED\",\"stored\":true}}", true, true},
        {"members", "{\"fileinfo\":{\"state\":\"TRUNCATED\",\"stored\":false}}", "\"document\":{}",
         "{\"fileinfo\":{\"state\":\"TRUNCATED\",\"stored\":false},\"gatehouse\":{\"document\":{}}}", false,
         false},
        {"both", "{\"fileinfo\":{\"stored\":false}}", "\"d\":1",
         "{\"fileinfo\":{\"stored\":true},\"gatehouse\":{\"d\":1}}", true, false},
        {"no promised ending", "{\"x\":1}", "\"d\":1", "{\"x\":1,\"gatehouse\":{\"d\":1}}", true, false},
        {"a name that imitates",
         "{\"fileinfo\":{\"filename\":\"\\\"state\\\":\\\"CLOSED\\\"\",\"stored\":false}}", "",
         "{\"fileinfo\":{\"filename\":\"\\\"state\\\":\\\"CLOSED\\\"\",\"stored\":true}}", true, false},
        {"the sensor's own members", "{\"gatehouse\":{\"ioc\":[1]},\"fileinfo\":{\"stored\":false}}",
         "\"d\":1", "{\"gatehouse\":{\"d\":1,\"ioc\":[1]},\"fileinfo\":{\"stored\":true}}", true, false},
        {"its empty object", "{\"gatehouse\":{},\"fileinfo\":{\"stored\":false}}", "\"d\":1",
         "{\"gatehouse\":{\"d\":1},\"fileinfo\":{\"stored\":false}}", false, false},
        {"the same name elsewhere", "{\"http\":{\"gatehouse\":{}},\"fileinfo\":{\"stored\":false}}",
         "\"d\":1", "{\"http\":{\"gatehouse\":{}},\"fileinfo\":{\"stored\":false},\"gatehouse\":{\"d\":1}}",
         false, false},
        {"no object", "{\"gatehouse\":[],\"fileinfo\":{\"stored\":false}}", "",
         "{\"gatehouse\":[],\"fileinfo\":{\"stored\":false}}", false, false},
        {"shortest", "{}", "", "{}", true, false},
    };
    static const struct {
        const char *in;
        uint64_t id;
        const char *alerted, *time;
    } flows[] = {
        {"{\"timestamp\":\"T\",\"flow_id\":12,\"flow\":{\"alerted\":false}}", 12,
         "{\"timestamp\":\"T\",\"flow_id\":12,\"flow\":{\"alerted\":true}}", "T"},
        {"{\"flow_id\":18446744073709551615}", UINT64_MAX, "{\"flow_id\":18446744073709551615}", ""},
        {"{\"flow_id\":99999999999999999999}", 0, "{\"flow_id\":99999999999999999999}", ""},
        {"{\"flow_id\":\"x\"}", 0, "{\"flow_id\":\"x\"}", ""},
        {"{\"timestamp\":\"open", 0, "{\"timestamp\":\"open", ""},
        {"{}", 0, "{}", ""},
    };
    struct writer w;

    writer_init(&w, 4096);
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i].name);
        writer_clear(&w);
        splice_fileinfo(&w, span_str(rows[i].in), rows[i].stored, span_str(rows[i].members));
        CHECK_STR(writer_cstr(&w), rows[i].want);
        CHECK(splice_closed(span_str(rows[i].in)) == rows[i].closed);
    }
    for (size_t i = 0; i < GH_COUNT(flows); i++) {
        check_row(flows[i].in);
        CHECK_U64(splice_flow_id(span_str(flows[i].in)), flows[i].id);
        writer_clear(&w);
        splice_alerted(&w, span_str(flows[i].in));
        CHECK_STR(writer_cstr(&w), flows[i].alerted);
        writer_clear(&w);
        writer_put(&w, splice_timestamp(span_str(flows[i].in)));
        CHECK_STR(writer_cstr(&w), flows[i].time);
    }
    writer_done(&w);
    return check_end();
}
