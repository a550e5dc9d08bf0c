/* SPDX-License-Identifier: GPL-3.0-or-later
 * THE table: method, path, where it runs, who may, how large a body of what type, handler. openapi.json
 * describes the same rows for programs; a test compares the two. */
#include "base/envelope.h"
#include "base/fetch.h"
#include "base/goods.h"
#include "base/invitation.h"
#include "console/api/sources.h"
#include "console/api/dashboard.h"
#include "console/api/evidence.h"
#include "console/api/fleet.h"
#include "console/api/reports.h"
#include "console/api/keeping.h"
#include "console/api/outputs.h"

#define API "/api/v1"
#define JSON "application/json"
#define ENVELOPE "application/vnd.gatehouse.envelope"
#define PART "application/vnd.gatehouse.part"
#define PIECE "application/vnd.gatehouse.piece"
#define JOIN "application/vnd.gatehouse.join"
#define ASK "application/vnd.gatehouse.ask"
#define ASK_MAX (16 + GOODS_ORDER_SIZE + GOODS_ASK_CHUNKS * SEAL_HASH)
#define SEALED_MAX (ENVELOPE_MAX + 64) /* the sealed form is a little longer than the batch */

const struct route routes[] = {
    {HTTP_GET, API "/session", LANE_API, RIGHT_NONE, 0, NULL, api_session_get},
    {HTTP_POST, API "/session", LANE_PASSWORD, RIGHT_NONE, JSON_BODY_MAX, JSON, api_session_start},
    {HTTP_DELETE, API "/session", LANE_API, RIGHT_SELF, 0, NULL, api_session_end},
    {HTTP_POST, API "/session/password", LANE_PASSWORD, RIGHT_SELF, JSON_BODY_MAX, JSON, api_password_change},
    {HTTP_POST, API "/invite/check", LANE_API, RIGHT_NONE, JSON_BODY_MAX, JSON, api_invite_check},
    {HTTP_POST, API "/invite", LANE_PASSWORD, RIGHT_NONE, JSON_BODY_MAX, JSON, api_invite_accept},
    {HTTP_GET, API "/alerts", LANE_API, RIGHT_SEE, 0, NULL, api_alerts_list},
    {HTTP_POST, API "/alerts/actions", LANE_API, RIGHT_ACT, JSON_BODY_MAX, JSON, api_alerts_act},
    {HTTP_POST, API "/undo/{id}", LANE_API, RIGHT_ACT, JSON_BODY_MAX, JSON, api_act_undo},
    {HTTP_GET, API "/alerts/{id}", LANE_API, RIGHT_SEE, 0, NULL, api_alert_get},
    {HTTP_POST, API "/alerts/{id}/actions", LANE_API, RIGHT_ACT, JSON_BODY_MAX, JSON, api_alert_act},
    {HTTP_GET, API "/alerts/{id}/pcap", LANE_API, RIGHT_PACKETS, 0, NULL, api_pcap_get},
    {HTTP_POST, API "/alerts/{id}/pcap", LANE_API, RIGHT_PACKETS, JSON_BODY_MAX, JSON, api_pcap_want},
    {HTTP_GET, API "/alerts/groups", LANE_API, RIGHT_SEE, 0, NULL, api_alert_groups},
    {HTTP_GET, API "/alerts/sorted", LANE_API, RIGHT_SEE, 0, NULL, api_alerts_sorted},
    {HTTP_GET, API "/hands", LANE_API, RIGHT_ACT, 0, NULL, api_hands},
    {HTTP_GET, API "/noise", LANE_API, RIGHT_SEE, 0, NULL, api_noise},
    {HTTP_GET, API "/sla", LANE_API, RIGHT_SEE, 0, NULL, api_sla_get},
    {HTTP_POST, API "/sla", LANE_API, RIGHT_SETTINGS, JSON_BODY_MAX, JSON, api_sla_set},
    {HTTP_GET, API "/views", LANE_API, RIGHT_SELF, 0, NULL, api_views_list},
    {HTTP_POST, API "/views", LANE_API, RIGHT_SELF, JSON_BODY_MAX, JSON, api_view_add},
    {HTTP_DELETE, API "/views/{id}", LANE_API, RIGHT_SELF, 0, NULL, api_view_remove},
    {HTTP_GET, API "/cases", LANE_API, RIGHT_SEE, 0, NULL, api_cases_list},
    {HTTP_POST, API "/cases", LANE_API, RIGHT_ACT, JSON_BODY_MAX, JSON, api_case_add},
    {HTTP_GET, API "/cases/{id}", LANE_API, RIGHT_SEE, 0, NULL, api_case_get},
    {HTTP_POST, API "/cases/{id}/actions", LANE_API, RIGHT_ACT, JSON_BODY_MAX, JSON, api_case_act},
    {HTTP_GET, API "/cases/{id}/export", LANE_API, RIGHT_EVIDENCE, 0, NULL, api_case_export},
    {HTTP_GET, API "/events", LANE_API, RIGHT_SEE, 0, NULL, api_events_list},
    {HTTP_GET, API "/search", LANE_API, RIGHT_SEE, 0, NULL, api_search},
    {HTTP_GET, API "/search/histogram", LANE_API, RIGHT_SEE, 0, NULL, api_search_histogram},
    {HTTP_GET, API "/search/fields", LANE_API, RIGHT_SEE, 0, NULL, api_search_fields},
    {HTTP_GET, API "/appliances", LANE_API, RIGHT_SEE, 0, NULL, api_appliances_list},
    {HTTP_GET, API "/fleet", LANE_API, RIGHT_SEE, 0, NULL, api_fleet},
    {HTTP_POST, API "/fleet/{id}/site", LANE_API, RIGHT_FLEET, JSON_BODY_MAX, JSON, api_fleet_site},
    {HTTP_POST, API "/fleet/{id}/retire", LANE_API, RIGHT_FLEET, JSON_BODY_MAX, JSON, api_fleet_retire},
    {HTTP_GET, API "/parent", LANE_API, RIGHT_FLEET, 0, NULL, api_parent},
    {HTTP_POST, API "/enrolments/look", LANE_API, RIGHT_FLEET, JSON_BODY_MAX, JSON, api_enrol_look},
    {HTTP_POST, API "/enrolments", LANE_API, RIGHT_FLEET, JSON_BODY_MAX, JSON, api_enrol_approve},
    {HTTP_GET, API "/enrolments/console", LANE_API, RIGHT_NONE, 0, NULL, api_enrol_console},
    {HTTP_POST, API "/enrolments/join", LANE_API, RIGHT_NONE, INVITATION_JOIN_MAX, JOIN, api_enrol_join},
    {HTTP_GET, API "/enrolments/invitations", LANE_API, RIGHT_FLEET, 0, NULL, api_invitations_list},
    {HTTP_POST, API "/enrolments/invitations", LANE_API, RIGHT_FLEET, JSON_BODY_MAX, JSON, api_invitations_add},
    {HTTP_POST, API "/enrolments/invitations/{id}", LANE_API, RIGHT_FLEET, JSON_BODY_MAX, JSON, api_invitation_approve},
    {HTTP_DELETE, API "/enrolments/invitations/{id}", LANE_API, RIGHT_FLEET, 0, NULL, api_invitation_withdraw},
    {HTTP_GET, API "/stats", LANE_API, RIGHT_SEE, 0, NULL, api_stats},
    {HTTP_GET, API "/reports", LANE_API, RIGHT_REPORT, 0, NULL, api_reports_list},
    {HTTP_POST, API "/reports", LANE_API, RIGHT_REPORT, JSON_BODY_MAX, JSON, api_report_make},
    {HTTP_POST, API "/reports/schedule", LANE_API, RIGHT_SETTINGS, JSON_BODY_MAX, JSON, api_report_schedule},
    {HTTP_GET, API "/reports/{id}/pdf", LANE_API, RIGHT_REPORT, 0, NULL, api_report_pdf},
    {HTTP_GET, API "/reports/{id}/csv", LANE_API, RIGHT_REPORT, 0, NULL, api_report_csv},
    {HTTP_GET, API "/dashboard", LANE_API, RIGHT_SEE, 0, NULL, api_dashboard},
    {HTTP_GET, API "/users", LANE_API, RIGHT_PEOPLE, 0, NULL, api_users_list},
    {HTTP_POST, API "/users/{id}", LANE_API, RIGHT_PEOPLE, JSON_BODY_MAX, JSON, api_user_change},
    {HTTP_POST, API "/users/{id}/link", LANE_API, RIGHT_PEOPLE, JSON_BODY_MAX, JSON, api_user_link},
    {HTTP_GET, API "/users/{id}/sessions", LANE_API, RIGHT_PEOPLE, 0, NULL, api_user_sessions},
    {HTTP_DELETE, API "/users/{id}/sessions", LANE_API, RIGHT_PEOPLE, 0, NULL, api_user_sessions_end},
    {HTTP_POST, API "/invites", LANE_API, RIGHT_PEOPLE, JSON_BODY_MAX, JSON, api_invites_add},
    {HTTP_GET, API "/units", LANE_API, RIGHT_PEOPLE, 0, NULL, api_units_list},
    {HTTP_POST, API "/units", LANE_API, RIGHT_PEOPLE, JSON_BODY_MAX, JSON, api_units_add},
    {HTTP_POST, API "/units/{id}", LANE_API, RIGHT_PEOPLE, JSON_BODY_MAX, JSON, api_unit_change},
    {HTTP_DELETE, API "/units/{id}", LANE_API, RIGHT_PEOPLE, 0, NULL, api_unit_remove},
    {HTTP_GET, API "/sessions", LANE_API, RIGHT_SELF, 0, NULL, api_sessions_list},
    {HTTP_DELETE, API "/sessions/{id}", LANE_API, RIGHT_SELF, 0, NULL, api_session_end_one},
    {HTTP_POST, API "/session/second-factor", LANE_PASSWORD, RIGHT_SELF, JSON_BODY_MAX, JSON, api_second_begin},
    {HTTP_POST, API "/session/second-factor/confirm", LANE_API, RIGHT_SELF, JSON_BODY_MAX, JSON,
     api_second_confirm},
    {HTTP_POST, API "/session/second-factor/remove", LANE_PASSWORD, RIGHT_SELF, JSON_BODY_MAX, JSON,
     api_second_remove},
    {HTTP_POST, API "/session/recovery-codes", LANE_PASSWORD, RIGHT_SELF, JSON_BODY_MAX, JSON, api_recovery_codes},
    {HTTP_GET, API "/tokens", LANE_API, RIGHT_SELF, 0, NULL, api_tokens_list},
    {HTTP_POST, API "/tokens", LANE_API, RIGHT_SELF, JSON_BODY_MAX, JSON, api_tokens_add},
    {HTTP_DELETE, API "/tokens/{id}", LANE_API, RIGHT_SELF, 0, NULL, api_token_end},
    {HTTP_POST, API "/alerts/{id}/unlock", LANE_API, RIGHT_ACT, JSON_BODY_MAX, JSON, api_unlock_ask},
    {HTTP_GET, API "/unlocks", LANE_API, RIGHT_SEE, 0, NULL, api_unlocks_list},
    {HTTP_POST, API "/unlocks/{id}", LANE_API, RIGHT_APPROVE, JSON_BODY_MAX, JSON, api_unlock_decide},
    {HTTP_GET, API "/audit", LANE_API, RIGHT_AUDIT, 0, NULL, api_audit_list},
    {HTTP_GET, API "/audit/csv", LANE_API, RIGHT_AUDIT, 0, NULL, api_audit_csv},
    {HTTP_POST, API "/audit/head", LANE_API, RIGHT_AUDIT, JSON_BODY_MAX, JSON, api_audit_head},
    {HTTP_GET, API "/stream", LANE_API, RIGHT_SEE, 0, NULL, api_stream},
    {HTTP_POST, API "/intake", LANE_INTAKE, RIGHT_NONE, SEALED_MAX, ENVELOPE, api_intake},
    {HTTP_POST, API "/intake/ahead", LANE_INTAKE, RIGHT_NONE, SEALED_MAX, ENVELOPE, api_intake_ahead},
    {HTTP_POST, API "/intake/part", LANE_INTAKE, RIGHT_NONE, UPLOAD_PIECE_MAX + 64, PIECE, api_intake_part},
    {HTTP_POST, API "/fetch/{id}", LANE_INTAKE, RIGHT_NONE, FETCH_PART_HEAD + FETCH_PART_MAX, PART,
     api_fetch_part},
    {HTTP_POST, API "/down", LANE_API, RIGHT_NONE, ASK_MAX, ASK, api_goods_ask},
    {HTTP_GET, API "/goods", LANE_API, RIGHT_SEE, 0, NULL, api_goods_list},
    {HTTP_GET, API "/goods/states", LANE_API, RIGHT_SEE, 0, NULL, api_goods_states},
    {HTTP_GET, API "/goods/assignments", LANE_API, RIGHT_SEE, 0, NULL, api_goods_assignments},
    {HTTP_GET, API "/evidence", LANE_API, RIGHT_EVIDENCE, 0, NULL, api_evidence_list},
    {HTTP_GET, API "/evidence/committee", LANE_API, RIGHT_EVIDENCE, 0, NULL, api_evidence_committee},
    {HTTP_GET, API "/evidence/committee/file", LANE_API, RIGHT_EVIDENCE, 0, NULL, api_evidence_committee_file},
    {HTTP_GET, API "/evidence/openings", LANE_API, RIGHT_EVIDENCE, 0, NULL, api_openings_list},
    {HTTP_POST, API "/evidence/openings", LANE_API, RIGHT_EVIDENCE_ASK, OPENING_REQUEST_MAX, EVIDENCE_TYPE, api_opening_add},
    {HTTP_GET, API "/evidence/openings/{id}", LANE_API, RIGHT_EVIDENCE, 0, NULL, api_opening_get},
    {HTTP_GET, API "/evidence/openings/{id}/file", LANE_API, RIGHT_EVIDENCE, 0, NULL, api_opening_file},
    {HTTP_POST, API "/evidence/openings/{id}/shares", LANE_API, RIGHT_EVIDENCE_ASK, OPENING_SHARE_MAX, EVIDENCE_TYPE, api_opening_share},
    {HTTP_POST, API "/evidence/openings/{id}/receipt", LANE_API, RIGHT_EVIDENCE_ASK, OPENING_RECEIPT_MAX, EVIDENCE_TYPE,
     api_opening_receipt},
    {HTTP_POST, API "/evidence/openings/{id}/withdraw", LANE_API, RIGHT_EVIDENCE_ASK, JSON_BODY_MAX, JSON, api_opening_withdraw},
    {HTTP_GET, API "/evidence/shares/{id}", LANE_API, RIGHT_EVIDENCE_ASK, 0, NULL, api_opening_share_file},
    {HTTP_GET, API "/policies", LANE_API, RIGHT_POLICY_READ, 0, NULL, api_sources_list},
    {HTTP_POST, API "/policies", LANE_API, RIGHT_POLICY_WRITE, SOURCE_BODY_MAX, JSON, api_source_add},
    {HTTP_GET, API "/policies/{id}", LANE_API, RIGHT_POLICY_READ, 0, NULL, api_source_get},
    {HTTP_POST, API "/policies/{id}/drafts", LANE_API, RIGHT_POLICY_WRITE, SOURCE_BODY_MAX, JSON, api_source_draft},
    {HTTP_GET, API "/policies/versions/{id}", LANE_API, RIGHT_POLICY_READ, 0, NULL, api_version_get},
    {HTTP_POST, API "/policies/versions/{id}", LANE_API, RIGHT_POLICY_WRITE, SOURCE_BODY_MAX, JSON, api_version_save},
    {HTTP_POST, API "/policies/versions/{id}/check", LANE_BENCH, RIGHT_POLICY_WRITE, SOURCE_BODY_MAX, JSON, api_version_check},
    {HTTP_POST, API "/policies/versions/{id}/test", LANE_BENCH, RIGHT_POLICY_WRITE, SOURCE_BODY_MAX, JSON, api_version_test},
    {HTTP_POST, API "/policies/versions/{id}/explain", LANE_BENCH, RIGHT_POLICY_WRITE, SOURCE_BODY_MAX, JSON, api_version_explain},
    {HTTP_POST, API "/policies/versions/{id}/propose", LANE_BENCH, RIGHT_POLICY_WRITE, JSON_BODY_MAX, JSON, api_version_propose},
    {HTTP_POST, API "/policies/versions/{id}/withdraw", LANE_API, RIGHT_POLICY_WRITE, JSON_BODY_MAX, JSON, api_version_withdraw},
    {HTTP_POST, API "/policies/versions/{id}/approve", LANE_API, RIGHT_APPROVE, JSON_BODY_MAX, JSON, api_version_approve},
    {HTTP_POST, API "/policies/versions/{id}/refuse", LANE_API, RIGHT_APPROVE, JSON_BODY_MAX, JSON, api_version_refuse},
    {HTTP_POST, API "/policies/versions/{id}/drop", LANE_API, RIGHT_POLICY_WRITE, JSON_BODY_MAX, JSON, api_version_drop},
    {HTTP_POST, API "/policies/versions/{id}/replays", LANE_API, RIGHT_POLICY_WRITE, SOURCE_BODY_MAX, JSON, api_replay_start},
    {HTTP_GET, API "/replays", LANE_API, RIGHT_POLICY_WRITE, 0, NULL, api_replays_list},
    {HTTP_GET, API "/replays/{id}", LANE_API, RIGHT_POLICY_WRITE, 0, NULL, api_replay_get},
    {HTTP_POST, API "/replays/{id}/cancel", LANE_API, RIGHT_POLICY_WRITE, JSON_BODY_MAX, JSON, api_replay_cancel},
    {HTTP_GET, API "/rollouts", LANE_API, RIGHT_SEE, 0, NULL, api_rollouts_list},
    {HTTP_POST, API "/rollouts", LANE_API, RIGHT_ROLLOUT, JSON_BODY_MAX, JSON, api_rollout_add},
    {HTTP_POST, API "/rollouts/rings", LANE_API, RIGHT_FLEET, JSON_BODY_MAX, JSON, api_ring_set},
    {HTTP_GET, API "/rollouts/{id}", LANE_API, RIGHT_SEE, 0, NULL, api_rollout_get},
    {HTTP_POST, API "/rollouts/{id}/approve", LANE_API, RIGHT_APPROVE, JSON_BODY_MAX, JSON, api_rollout_approve},
    {HTTP_POST, API "/rollouts/{id}/pause", LANE_API, RIGHT_ROLLOUT, JSON_BODY_MAX, JSON, api_rollout_pause},
    {HTTP_POST, API "/rollouts/{id}/resume", LANE_API, RIGHT_ROLLOUT, JSON_BODY_MAX, JSON, api_rollout_resume},
    {HTTP_POST, API "/rollouts/{id}/next", LANE_API, RIGHT_ROLLOUT, JSON_BODY_MAX, JSON, api_rollout_next},
    {HTTP_POST, API "/rollouts/{id}/stop", LANE_API, RIGHT_ROLLOUT, JSON_BODY_MAX, JSON, api_rollout_stop},
    {HTTP_POST, API "/rollouts/{id}/back", LANE_API, RIGHT_ROLLOUT, JSON_BODY_MAX, JSON, api_rollout_back},
    {HTTP_GET, API "/outputs", LANE_API, RIGHT_SETTINGS, 0, NULL, api_outputs_list},
    {HTTP_POST, API "/outputs", LANE_API, RIGHT_SETTINGS, JSON_BODY_MAX, JSON, api_output_add},
    {HTTP_POST, API "/outputs/{id}", LANE_API, RIGHT_SETTINGS, JSON_BODY_MAX, JSON, api_output_change},
    {HTTP_DELETE, API "/outputs/{id}", LANE_API, RIGHT_SETTINGS, 0, NULL, api_output_remove},
    {HTTP_POST, API "/outputs/{id}/secret", LANE_API, RIGHT_SETTINGS, JSON_BODY_MAX, JSON, api_output_secret},
    {HTTP_POST, API "/outputs/{id}/test", LANE_API, RIGHT_SETTINGS, JSON_BODY_MAX, JSON, api_output_test},
    {HTTP_GET, API "/outputs/{id}/refused", LANE_API, RIGHT_SETTINGS, 0, NULL, api_output_refused},
    {HTTP_POST, API "/outputs/{id}/refused/clear", LANE_API, RIGHT_SETTINGS, JSON_BODY_MAX, JSON, api_output_refused_clear},
    {HTTP_GET, API "/retention", LANE_API, RIGHT_SETTINGS, 0, NULL, api_retention_list},
    {HTTP_POST, API "/retention", LANE_API, RIGHT_SETTINGS, JSON_BODY_MAX, JSON, api_retention_add},
    {HTTP_DELETE, API "/retention/{id}", LANE_API, RIGHT_SETTINGS, 0, NULL, api_retention_remove},
    {HTTP_GET, API "/retention/preview", LANE_API, RIGHT_SETTINGS, 0, NULL, api_retention_preview},
    {HTTP_GET, API "/holds", LANE_API, RIGHT_SETTINGS, 0, NULL, api_holds_list},
    {HTTP_POST, API "/holds", LANE_API, RIGHT_SETTINGS, JSON_BODY_MAX, JSON, api_hold_add},
    {HTTP_POST, API "/holds/{id}/end", LANE_API, RIGHT_SETTINGS, JSON_BODY_MAX, JSON, api_hold_end},
    {HTTP_GET, API "/openapi.json", LANE_DIRECT, RIGHT_NONE, 0, NULL, api_openapi},
    {HTTP_GET, "/healthz", LANE_DIRECT, RIGHT_NONE, 0, NULL, api_healthz},
    {HTTP_GET, "/metrics", LANE_API, RIGHT_NONE, 0, NULL, api_metrics},
};
const size_t route_count = GH_COUNT(routes);

/* Does path follow the pattern? A number becomes *ret_id. */
static bool fits(const char *pattern, struct span path, int64_t *ret_id)
{
    struct span rest = span_str(pattern);

    while (rest.n || path.n) {
        ptrdiff_t end = span_find_byte(span_part(rest, 1, rest.n), '/', 0);
        ptrdiff_t path_end = span_find_byte(span_part(path, 1, path.n), '/', 0);
        struct span want = span_part(rest, 0, end < 0 ? rest.n : (size_t)end + 1);
        struct span have = span_part(path, 0, path_end < 0 ? path.n : (size_t)path_end + 1);
        uint64_t number;
        if (span_eq(want, span_str("/{id}"))) {
            if (!span_starts(have, "/") || have.n > 20 ||
                !span_number(span_part(have, 1, have.n), INT64_MAX, &number))
                return false;
            *ret_id = (int64_t)number;
        } else if (!span_eq(want, have)) {
            return false;
        }
        rest = span_part(rest, want.n, rest.n);
        path = span_part(path, have.n, path.n);
    }
    return true;
}

const struct route *route_find(const struct route *table, size_t n, enum http_method method, struct span path,
                               int64_t *ret_id, bool *ret_other)
{
    enum http_method wanted = method == HTTP_HEAD ? HTTP_GET : method;

    *ret_other = false;
    for (size_t i = 0; i < n; i++) {
        if (!fits(table[i].path, path, ret_id))
            continue;
        if (table[i].method == wanted)
            return &table[i];
        *ret_other = true;
    }
    return NULL;
}
