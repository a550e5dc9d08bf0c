/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/core/own_alert.h"
#include "base/clock.h"
#include "base/json.h"
#include "policy/core/verdict.h"

void own_alert_put(struct writer *out, const struct own_alert *a, const struct own_fact *facts, size_t n)
{
    char iso[CLOCK_ISO_SIZE];
    struct jw j;

    jw_init(&j, out);
    jw_obj(&j);
    jw_kcstr(&j, "timestamp", clock_iso(clock_wall_us(), iso));
    jw_kcstr(&j, "event_type", "alert");
    jw_kobj(&j, "alert");
    jw_kcstr(&j, "action", "allowed");
    jw_ku64(&j, "gid", 1);
    jw_ku64(&j, "signature_id", verdict_signature("gatehouse", a->rule));
    jw_ku64(&j, "rev", 1);
    jw_kcstr(&j, "signature", a->title);
    jw_kcstr(&j, "category", "Appliance");
    jw_ku64(&j, "severity", 1);
    jw_end_obj(&j);
    jw_kobj(&j, "gatehouse");
    jw_kobj(&j, "verdict");
    jw_kcstr(&j, "action", "alert");
    jw_kcstr(&j, "policy", "gatehouse@" GH_VERSION);
    jw_kcstr(&j, "rule", a->rule);
    jw_kcstr(&j, "reason", a->reason);
    jw_kcstr(&j, "reason_vi", a->reason_vi);
    jw_kobj(&j, "title");
    jw_kcstr(&j, "en", a->title);
    jw_kcstr(&j, "vi", a->title_vi);
    jw_end_obj(&j);
    jw_karr(&j, "facts");
    for (size_t i = 0; i < n; i++) {
        jw_obj(&j);
        jw_kcstr(&j, "path", facts[i].path);
        if (facts[i].text)
            jw_kcstr(&j, "value", facts[i].text);
        else
            jw_ku64(&j, "value", facts[i].number);
        jw_end_obj(&j);
    }
    jw_end_arr(&j);
    jw_kbool(&j, "shadow", false);
    jw_end_obj(&j);
    jw_end_obj(&j);
    jw_end_obj(&j);
}
