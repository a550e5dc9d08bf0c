/* SPDX-License-Identifier: GPL-3.0-or-later
 * Times are microseconds since 1970 UTC. Tokens are stored as hashes only. Text that stems from captured
 * traffic is stored as it came, as JSON, and never becomes part of an SQL text. */
#include "console/store/schema.h"

#include <string.h>

#define STEP_1                                                                                               \
    /* people */                                                                                             \
    "CREATE TABLE user("                                                                                                  \
    " id INTEGER PRIMARY KEY,"                                                                                            \
    " name TEXT NOT NULL UNIQUE COLLATE NOCASE,"                                                                          \
    " hash TEXT NOT NULL,"             /* Argon2id, text form */                                                          \
    " role INTEGER NOT NULL,"          /* until step 6 a number */                                                               \
    " created INTEGER NOT NULL,"                                                                                          \
    " last_sign_in INTEGER);"                                                                                             \
    "CREATE TABLE session("                                                                                               \
    " id INTEGER PRIMARY KEY,"                                                                                            \
    " token BLOB NOT NULL UNIQUE,"     /* BLAKE2b of the cookie's value */                                                \
    " user INTEGER NOT NULL REFERENCES user(id) ON DELETE CASCADE,"                                                       \
    " created INTEGER NOT NULL,"                                                                                          \
    " seen INTEGER NOT NULL,"          /* last use, to the minute */                                                      \
    " address TEXT NOT NULL);"                                                                                            \
    "CREATE TABLE invite("                                                                                                \
    " token BLOB PRIMARY KEY,"         /* BLAKE2b of the link's token */                                                  \
    " role INTEGER NOT NULL,"                                                                                             \
    " user INTEGER REFERENCES user(id) ON DELETE CASCADE," /* set: a new password for that user */                        \
    " expires INTEGER NOT NULL) WITHOUT ROWID;"                                                                           \
    /* answers kept for a day under the client's Idempotency-Key */                                                       \
    "CREATE TABLE answered("                                                                                              \
    " user INTEGER NOT NULL, key TEXT NOT NULL,"                                                                          \
    " request BLOB NOT NULL,"          /* BLAKE2b of path and body */                                                     \
    " status INTEGER NOT NULL, body TEXT NOT NULL, time INTEGER NOT NULL,"                                                \
    " PRIMARY KEY(user, key)) WITHOUT ROWID;"                                                                             \
    /* who did what; append-only, each hash covers the one before */                                                      \
    "CREATE TABLE audit("                                                                                                 \
    " id INTEGER PRIMARY KEY,"                                                                                            \
    " time INTEGER NOT NULL, actor TEXT NOT NULL, address TEXT NOT NULL,"                                                 \
    " action TEXT NOT NULL, object TEXT NOT NULL, detail TEXT NOT NULL,"                                                  \
    " hash BLOB NOT NULL);"                                                                                               \
    "CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'append-only'); END;"                    \
    "CREATE TRIGGER audit_is BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'append-only'); END;"                       \
    /* appliances and their batches */                                                                                    \
    "CREATE TABLE appliance("                                                                                             \
    " id INTEGER PRIMARY KEY,"                                                                                            \
    " identity BLOB NOT NULL UNIQUE,"  /* seal_id of its keys */                                                          \
    " name TEXT NOT NULL, sign BLOB NOT NULL, box BLOB NOT NULL,"                                                         \
    " state INTEGER NOT NULL,"         /* enum appliance_state */                                                         \
    " enrolled INTEGER NOT NULL,"                                                                                         \
    " heard INTEGER, address TEXT, clock_offset_ms INTEGER,"                                                              \
    " batches INTEGER NOT NULL DEFAULT 0,"   /* newest number; there is no hole below it */                               \
    " hash BLOB NOT NULL,"                   /* of that batch: the next one must name it */                               \
    " records INTEGER NOT NULL DEFAULT 0, duplicates INTEGER NOT NULL DEFAULT 0,"                                         \
    " malformed INTEGER NOT NULL DEFAULT 0," /* records that were not JSON */                                             \
    " refused INTEGER NOT NULL DEFAULT 0,"   /* batches in its name that were forged or off the chain */                  \
    " alerts INTEGER NOT NULL DEFAULT 0,"                                                                                 \
    " lost INTEGER NOT NULL DEFAULT 0,"      /* sum of the newest ledger's losses */                                      \
    " ledger TEXT, ledger_time INTEGER, versions TEXT);"                                                                  \
    "CREATE TABLE batch("                                                                                                 \
    " appliance INTEGER NOT NULL, number INTEGER NOT NULL, hash BLOB NOT NULL,"                                           \
    " records INTEGER NOT NULL, received INTEGER NOT NULL,"                                                               \
    " PRIMARY KEY(appliance, number)) WITHOUT ROWID;"                                                                     \
    /* everything that was reported */                                                                                    \
    "CREATE TABLE event("                                                                                                 \
    " id INTEGER PRIMARY KEY,"                                                                                            \
    " appliance INTEGER NOT NULL, run INTEGER NOT NULL, n INTEGER NOT NULL, k INTEGER NOT NULL,"                          \
    " type INTEGER NOT NULL,"          /* enum event_type */                                                              \
    " time INTEGER NOT NULL,"                                                                                             \
    " flow INTEGER, community TEXT, sha256 BLOB, level INTEGER,"                                                          \
    " json TEXT NOT NULL);"            /* the EVE record, byte for byte */                                                \
    "CREATE UNIQUE INDEX event_once ON event(appliance, run, n, k);"                                                      \
    "CREATE INDEX event_time ON event(time);"                                                                             \
    "CREATE INDEX event_flow ON event(flow) WHERE flow IS NOT NULL;"                                                      \
    "CREATE INDEX event_sha256 ON event(sha256) WHERE sha256 IS NOT NULL;"                                                \
    "CREATE INDEX event_level ON event(level) WHERE level > 0;"                                                           \
    "CREATE INDEX event_community ON event(community) WHERE community IS NOT NULL AND type = 0;"                          \
    "CREATE INDEX event_rare ON event(type) WHERE type NOT IN (0, 2, 4, 5);" /* all but flow, http, dns, tls */           \
    /* each document once */                                                                                              \
    "CREATE TABLE document("                                                                                              \
    " sha256 BLOB PRIMARY KEY,"                                                                                           \
    " first INTEGER NOT NULL, last INTEGER NOT NULL,"                                                                     \
    " transfers INTEGER NOT NULL, alerts INTEGER NOT NULL, level INTEGER NOT NULL) WITHOUT ROWID;"                        \
    /* what people must look at */                                                                                        \
    "CREATE TABLE alert("                                                                                                 \
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"                                                                              \
    " seq INTEGER NOT NULL,"           /* grows with every change of any alert */                                         \
    " event INTEGER NOT NULL, appliance INTEGER NOT NULL,"                                                                \
    " time INTEGER NOT NULL, received INTEGER NOT NULL,"                                                                  \
    " state INTEGER NOT NULL, severity INTEGER NOT NULL, level INTEGER NOT NULL,"                                         \
    " rule TEXT, flow INTEGER, sha256 BLOB,"                                                                              \
    " facts TEXT NOT NULL,"            /* JSON members of its row that never change */                                    \
    " search TEXT NOT NULL,"           /* folded text for the word search */                                              \
    " taken_by TEXT, reason INTEGER NOT NULL DEFAULT 0, comments INTEGER NOT NULL DEFAULT 0);"                            \
    "CREATE INDEX alert_seq ON alert(seq);"                                                                               \
    "CREATE INDEX alert_columns ON alert(state, level, severity, appliance, rule, time);" /* counts */                    \
    "CREATE INDEX alert_rule ON alert(rule, received);"                                                                   \
    "CREATE INDEX alert_event ON alert(event);"                                                                           \
    "CREATE INDEX alert_open ON alert(id) WHERE state < 2;"                                                               \
    "CREATE INDEX alert_sha256 ON alert(sha256) WHERE sha256 IS NOT NULL;"                                                \
    "CREATE INDEX alert_time ON alert(time);"                                                                             \
    /* its history, append-only */                                                                                        \
    "CREATE TABLE step("                                                                                                  \
    " id INTEGER PRIMARY KEY,"                                                                                            \
    " alert INTEGER NOT NULL REFERENCES alert(id),"                                                                       \
    " time INTEGER NOT NULL, user TEXT NOT NULL, action INTEGER NOT NULL,"                                                \
    " was INTEGER NOT NULL, became INTEGER NOT NULL, reason INTEGER NOT NULL, text TEXT);"                                \
    "CREATE INDEX step_alert ON step(alert);"                                                                             \
    "CREATE TRIGGER step_stays BEFORE DELETE ON step BEGIN SELECT RAISE(ABORT, 'append-only'); END;"                      \
    "CREATE TRIGGER step_is BEFORE UPDATE ON step BEGIN SELECT RAISE(ABORT, 'append-only'); END;"                         \
    /* sums by hour, so that the overview never scans events */                                                           \
    "CREATE TABLE hourly("                                                                                                \
    " hour INTEGER PRIMARY KEY,"       /* seconds since 1970, a multiple of 3600 */                                       \
    " alerts INTEGER NOT NULL, events INTEGER NOT NULL, documents INTEGER NOT NULL);"                                     \
    "CREATE TABLE level_sum("          /* transfers of documents by level */                                              \
    " hour INTEGER NOT NULL, level INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY(hour, level)) WITHOUT ROWID;"        \
    "CREATE TABLE counter(name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;"

#define STEP_2                                                                                               \
    /* packets of alerts, which stay on the appliance until somebody asks */                                 \
    "CREATE TABLE pcap("                                                                                     \
    " id INTEGER PRIMARY KEY,"                                                                               \
    " appliance INTEGER NOT NULL, file TEXT NOT NULL,"                                                       \
    " state INTEGER NOT NULL," /* enum pcap_state */ /* what the appliance's newest signed record says */    \
    " packets INTEGER, bytes INTEGER, sealed INTEGER, complete INTEGER, whole INTEGER, sha256 BLOB,"         \
    " why TEXT, told INTEGER NOT NULL," /* the newest wish for it, and how far it came */                    \
    " token BLOB, have INTEGER NOT NULL DEFAULT 0,"                                                          \
    " requested INTEGER, requested_by TEXT, received INTEGER,"                                               \
    " UNIQUE(appliance, file));"                                                                             \
    "CREATE INDEX pcap_wanted ON pcap(appliance, requested) WHERE state = 1;"                                \
    "CREATE INDEX pcap_here ON pcap(received) WHERE state = 2;"                                              \
    "ALTER TABLE alert ADD COLUMN capture_file TEXT;"                                                        \
    "CREATE INDEX alert_capture ON alert(capture_file) WHERE capture_file IS NOT NULL;"

#define STEP_3                                                                                                 \
    /* batches that came before those in front of them */                                                      \
    "CREATE TABLE ahead("                                                                                      \
    " appliance INTEGER NOT NULL, number INTEGER NOT NULL, hash BLOB NOT NULL, previous BLOB NOT NULL,"        \
    " records INTEGER NOT NULL, received INTEGER NOT NULL,"                                                    \
    " PRIMARY KEY(appliance, number)) WITHOUT ROWID;" /* batches that nobody has any more, and a person said   \
                                                         so */                                                 \
    "CREATE TABLE hole("                                                                                       \
    " appliance INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,"                              \
    " after BLOB," /* hash of the last one, as the batch behind the hole names it */                           \
    " accepted INTEGER NOT NULL, accepted_by TEXT NOT NULL, reason TEXT NOT NULL,"                             \
    " PRIMARY KEY(appliance, first)) WITHOUT ROWID;"                                                           \
    "CREATE TRIGGER hole_stays BEFORE DELETE ON hole BEGIN SELECT RAISE(ABORT, 'append-only'); END;" /* lowest \
                                                                                                        number \
                                                                                                        behind \
                                                                                                        the    \
                                                                                                        wanted \
                                                                                                        one    \
                                                                                                        that   \
                                                                                                        came   \
                                                                                                        so     \
                                                                                                        far    \
                                                                                                      */       \
    "ALTER TABLE appliance ADD COLUMN offered INTEGER;"

/* Words of events. Without content of its own: what is taken out is given once more (search_text.h). No
 * column sizes: nothing is ranked. */
#define FTS                                                                                                  \
    "keys, file, host, mail, words, exact, content='', columnsize=0, tokenize=\"unicode61 "                  \
    "remove_diacritics 2\""
#define STEP_4                                                                                               \
    "CREATE VIRTUAL TABLE event_text USING fts5(" FTS                                                        \
    ");" /* alerts once more by themselves: a common word must not make people wait */                       \
    "CREATE VIRTUAL TABLE alert_text USING fts5(" FTS ");"

/* What one act of a person did to how many alerts, and what was there before: it can be undone. */
#define STEP_5                                                                                               \
    "ALTER TABLE step ADD COLUMN act INTEGER;" /* id of the act's first step */                              \
    "ALTER TABLE step ADD COLUMN had TEXT;"    /* whose hands it was in */                                   \
    "ALTER TABLE step ADD COLUMN why INTEGER;" /* reason before */                                           \
    "CREATE INDEX step_act ON step(act) WHERE act IS NOT NULL;"

/* One person, several roles: a bit each (rights.def) instead of a number that grew with what one may. */
#define STEP_6                                                                                               \
    "ALTER TABLE user RENAME COLUMN role TO roles;"                                                          \
    "ALTER TABLE invite RENAME COLUMN role TO roles;"                                                        \
    "UPDATE user SET roles = 1 << (roles - 1);"                                                              \
    "UPDATE invite SET roles = 1 << (roles - 1);"

/* What goes down to appliances (goods.h). */
#define STEP_GOODS                                                                                           \
    "CREATE TABLE goods("                                                                                    \
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"                                                                 \
    " kind INTEGER NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL, note TEXT NOT NULL,"                 \
    " hash BLOB NOT NULL UNIQUE, manifest BLOB NOT NULL,"                                                    \
    " bytes INTEGER NOT NULL, files INTEGER NOT NULL, chunks INTEGER NOT NULL,"                              \
    " added INTEGER NOT NULL, added_by TEXT NOT NULL,"                                                       \
    " UNIQUE(kind, name, version));"                                                                         \
    "CREATE TABLE goods_chunk(id BLOB PRIMARY KEY, n INTEGER NOT NULL, packed INTEGER NOT NULL, bytes BLOB NOT NULL);" \
    "CREATE TABLE goods_piece("        /* which chunks goods are made of */                                  \
    " goods INTEGER NOT NULL, chunk BLOB NOT NULL, PRIMARY KEY(goods, chunk)) WITHOUT ROWID;"                \
    "CREATE INDEX goods_piece_chunk ON goods_piece(chunk);"                                                  \
    "CREATE TABLE goods_assign("       /* appliance 0 and ring '': everybody */                              \
    " kind INTEGER NOT NULL, appliance INTEGER NOT NULL, ring TEXT NOT NULL,"                                \
    " goods INTEGER NOT NULL,"         /* 0: what the device was made with */                                \
    " assigned INTEGER NOT NULL, assigned_by TEXT NOT NULL,"                                                 \
    " PRIMARY KEY(kind, appliance, ring)) WITHOUT ROWID;"                                                    \
    "CREATE TABLE goods_want("         /* what follows from them, ordered */                                 \
    " appliance INTEGER NOT NULL, kind INTEGER NOT NULL,"                                                    \
    " goods INTEGER, serial INTEGER, made INTEGER,"      /* NULL: nothing was ever ordered */                \
    " asked INTEGER, have INTEGER NOT NULL DEFAULT 0,"   /* fetching since; bytes of it that were handed out */ \
    /* what it says of itself */                                                                             \
    " told INTEGER, told_serial INTEGER, state INTEGER, reason TEXT,"                                        \
    " running TEXT, running_version TEXT, running_serial INTEGER, running_hash BLOB,"                        \
    " PRIMARY KEY(appliance, kind)) WITHOUT ROWID;"                                                          \
    "ALTER TABLE appliance ADD COLUMN ring TEXT NOT NULL DEFAULT '';"

/* What a person may see (sight.h): units are named groups of appliances; clear has a bit for each level. Who
 * was there before sees what he saw. */
#define STEP_SIGHT                                                                                           \
    "CREATE TABLE unit("                                                                                     \
    " id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, created INTEGER NOT NULL);"          \
    "CREATE TABLE unit_appliance("                                                                           \
    " unit INTEGER NOT NULL REFERENCES unit(id) ON DELETE CASCADE, appliance INTEGER NOT NULL,"              \
    " PRIMARY KEY(unit, appliance)) WITHOUT ROWID;"                                                          \
    "CREATE TABLE user_unit("                                                                                \
    " user INTEGER NOT NULL REFERENCES user(id) ON DELETE CASCADE,"                                          \
    " unit INTEGER NOT NULL REFERENCES unit(id) ON DELETE CASCADE, PRIMARY KEY(user, unit)) WITHOUT ROWID;"  \
    "CREATE TABLE token_unit("                                                                               \
    " token INTEGER NOT NULL,"                                                                               \
    " unit INTEGER NOT NULL REFERENCES unit(id) ON DELETE CASCADE, PRIMARY KEY(token, unit)) WITHOUT ROWID;" \
    "ALTER TABLE user ADD COLUMN all_units INTEGER NOT NULL DEFAULT 1;"                                      \
    "ALTER TABLE user ADD COLUMN clear INTEGER NOT NULL DEFAULT 255;" /* connections that carried something  \
                                                                         marked: bits 1 << level */          \
    "CREATE TABLE flow_level("                                                                               \
    " appliance INTEGER NOT NULL, flow INTEGER NOT NULL, levels INTEGER NOT NULL,"                           \
    " PRIMARY KEY(appliance, flow)) WITHOUT ROWID;"                                                          \
    "INSERT INTO flow_level SELECT appliance, flow, sum(DISTINCT 1 << level) FROM"                           \
    " (SELECT appliance, flow, level FROM event WHERE level > 0 AND flow IS NOT NULL UNION"                  \
    "  SELECT appliance, flow, level FROM alert WHERE level > 0 AND flow IS NOT NULL) x"                     \
    " GROUP BY appliance, flow;"

/* Sums for dashboards and reports (rollup.h), and how far each run's ledger was counted. */
#define STEP_ROLLUP                                                                                          \
    "CREATE TABLE rollup("                                                                                   \
    " kind INTEGER NOT NULL,"          /* enum rollup_kind */                                                \
    " width INTEGER NOT NULL,"         /* 0 an hour, 1 a day of this machine's time zone */                  \
    " at INTEGER NOT NULL,"            /* seconds since 1970 */                                              \
    " appliance INTEGER NOT NULL, key TEXT NOT NULL,"                                                        \
    " n INTEGER NOT NULL, bytes INTEGER NOT NULL,"                                                           \
    " PRIMARY KEY(kind, width, at, appliance, key)) WITHOUT ROWID;"                                          \
    "CREATE TABLE ledger_seen("                                                                              \
    " appliance INTEGER NOT NULL, run INTEGER NOT NULL, kind INTEGER NOT NULL, name TEXT NOT NULL,"          \
    " n INTEGER NOT NULL, PRIMARY KEY(appliance, run, kind, name)) WITHOUT ROWID;"                           \
    "INSERT INTO counter(name, n) SELECT 'rollup_since', CAST(strftime('%s', 'now') AS INTEGER) "            \
    "WHERE EXISTS(SELECT 1 FROM event);"
/* Sums by appliance as well, so that who is limited to some units has figures of his own. What was counted before
 * belongs to none. */
#define STEP_SUMS                                                                                            \
    "CREATE TABLE hour_sum("                                                                                 \
    " hour INTEGER NOT NULL, appliance INTEGER NOT NULL, alerts INTEGER NOT NULL, events INTEGER NOT NULL,"  \
    " documents INTEGER NOT NULL, unread INTEGER NOT NULL, PRIMARY KEY(hour, appliance)) WITHOUT ROWID;"     \
    "CREATE TABLE hour_level("                                                                               \
    " hour INTEGER NOT NULL, appliance INTEGER NOT NULL, level INTEGER NOT NULL, n INTEGER NOT NULL,"        \
    " PRIMARY KEY(hour, appliance, level)) WITHOUT ROWID;"                                                   \
    "INSERT INTO hour_sum SELECT hour, 0, alerts, events, documents, 0 FROM hourly;"                         \
    "INSERT INTO hour_level SELECT hour, 0, level, n FROM level_sum;"                                        \
    "DROP TABLE hourly; DROP TABLE level_sum;"                                                               \
    "CREATE VIEW hourly AS SELECT hour, sum(alerts) AS alerts, sum(events) AS events,"                       \
    " sum(documents) AS documents FROM hour_sum GROUP BY hour;"                                              \
    "CREATE VIEW level_sum AS SELECT hour, level, sum(n) AS n FROM hour_level GROUP BY hour, level;"

/* Events are filed anew, in tables of their own for each million (search_text.h), also by whether their document was
 * read; in the background, newest first. */
#define STEP_SHARDS                                                                                          \
    "DROP TABLE event_text;"                                                                                 \
    "INSERT INTO alert_text(alert_text) VALUES('delete-all');"                                               \
    "UPDATE counter SET n = (SELECT coalesce(max(id), 0) + 1 FROM event) WHERE name = 'search_low';"
/* Evidence (evidence.h): what lies sealed where, and the requests to open it. What was recorded before is found once more. */
#define STEP_EVIDENCE                                                                                        \
    "CREATE TABLE sealed("                                                                                   \
    " id INTEGER PRIMARY KEY, appliance INTEGER NOT NULL, sha256 BLOB NOT NULL,"                             \
    " time INTEGER NOT NULL, size INTEGER NOT NULL,"                                                         \
    " recorded INTEGER,"               /* when its appliance recorded an opening */                          \
    " UNIQUE(appliance, sha256));"                                                                           \
    "INSERT OR IGNORE INTO sealed(appliance, sha256, time, size) SELECT e.appliance, d.sha256, e.time, e.size FROM" \
    " (SELECT appliance, time, json_extract(json, '$.gatehouse.audit.sha256') h,"                            \
    "  max(coalesce(CAST(json_extract(json, '$.gatehouse.audit.size') AS INTEGER), 0), 0) size"              \
    "  FROM event WHERE type = 22 AND json_valid(json)"                                                      \
    "  AND json_extract(json, '$.gatehouse.audit.what') = 'evidence_sealed') e"                              \
    " JOIN (SELECT sha256, lower(hex(sha256)) h FROM document) d USING(h);"                                  \
    "CREATE TABLE opening("                                                                                  \
    " id INTEGER PRIMARY KEY, request BLOB NOT NULL UNIQUE, kind INTEGER NOT NULL, sha256 BLOB NOT NULL,"    \
    " by TEXT NOT NULL, reason TEXT NOT NULL, quorum INTEGER NOT NULL, made INTEGER NOT NULL,"               \
    " received INTEGER NOT NULL, received_by TEXT NOT NULL,"                                                 \
    " state INTEGER NOT NULL,"         /* enum opening_state */                                              \
    " ended INTEGER, members INTEGER NOT NULL DEFAULT 0, bytes BLOB NOT NULL);"                              \
    "CREATE INDEX opening_sha256 ON opening(sha256);"                                                        \
    "CREATE TABLE opening_share("                                                                            \
    " id INTEGER PRIMARY KEY, opening INTEGER NOT NULL REFERENCES opening(id), member INTEGER NOT NULL,"     \
    " name TEXT NOT NULL, received INTEGER NOT NULL, received_by TEXT NOT NULL, bytes BLOB NOT NULL,"        \
    " UNIQUE(opening, member));"

/* The inbox: clocks of alerts (sla.h), who sent, cases, and views that people keep. */
#define STEP_INBOX                                                                                           \
    "ALTER TABLE alert ADD COLUMN host TEXT;" /* address of the sender */                                    \
    "ALTER TABLE alert ADD COLUMN take_by INTEGER;"                                                          \
    "ALTER TABLE alert ADD COLUMN close_by INTEGER;"                                                         \
    "ALTER TABLE alert ADD COLUMN case_id INTEGER;"                                                          \
    "ALTER TABLE step ADD COLUMN held INTEGER;" /* the case that it was in */                                \
    "UPDATE alert SET host = json_extract('{' || facts || '}', '$.src.ip') WHERE json_valid('{' || facts "   \
    "|| '}');"                                                                                               \
    "CREATE INDEX alert_due ON alert(iif(state = 0, take_by, close_by), id) WHERE state < 2;"                \
    "CREATE INDEX alert_case ON alert(case_id) WHERE case_id NOTNULL;"                                       \
    "CREATE TABLE sla(id INTEGER PRIMARY KEY, plan TEXT NOT NULL, time INTEGER NOT NULL, user TEXT NOT "     \
    "NULL);"                                                                                                 \
    "CREATE TABLE cases("                                                                                    \
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"                                                                 \
    " title TEXT NOT NULL, search TEXT NOT NULL," /* the title, folded */                                    \
    " state INTEGER NOT NULL,"                    /* enum case_state */                                      \
    " outcome INTEGER NOT NULL DEFAULT 0,"        /* enum case_outcome */                                    \
    " severity INTEGER NOT NULL, owner TEXT,"                                                                \
    " created INTEGER NOT NULL, created_by TEXT NOT NULL, changed INTEGER NOT NULL,"                         \
    " merged_into INTEGER);"                                                                                 \
    "CREATE INDEX cases_changed ON cases(changed);" /* what happened to a case, append-only; ref: a task,    \
                                                       another case */                                       \
    "CREATE TABLE case_entry("                                                                               \
    " id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL REFERENCES cases(id),"                                \
    " time INTEGER NOT NULL, user TEXT NOT NULL, kind INTEGER NOT NULL, text TEXT, ref INTEGER);"            \
    "CREATE INDEX case_entry_case ON case_entry(case_id);"                                                   \
    "CREATE TRIGGER case_entry_stays BEFORE DELETE ON case_entry BEGIN SELECT RAISE(ABORT, 'append-only'); " \
    "END;"                                                                                                   \
    "CREATE TRIGGER case_entry_is BEFORE UPDATE ON case_entry BEGIN SELECT RAISE(ABORT, 'append-only'); "    \
    "END;"                                                                                                   \
    "CREATE TABLE case_task("                                                                                \
    " id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL REFERENCES cases(id), text TEXT NOT NULL,"            \
    " done INTEGER, done_by TEXT);"                                                                          \
    "CREATE INDEX case_task_case ON case_task(case_id);" /* alerts and tasks that a merge has moved, to be   \
                                                            given back */                                    \
    "CREATE TABLE case_moved("                                                                               \
    " entry INTEGER NOT NULL, alert INTEGER, task INTEGER);"                                                 \
    "CREATE INDEX case_moved_entry ON case_moved(entry);"                                                    \
    "CREATE TABLE saved_view("                                                                               \
    " id INTEGER PRIMARY KEY, user INTEGER NOT NULL REFERENCES user(id) ON DELETE CASCADE,"                  \
    " name TEXT NOT NULL, address TEXT NOT NULL, shared INTEGER NOT NULL, created INTEGER NOT NULL);"        \
    "CREATE UNIQUE INDEX saved_view_name ON saved_view(user, name COLLATE NOCASE);"
/* What people write (sources.h), judged anew (replays.h), and how it goes down (rollouts.h). */
#define STEP_SOURCES                                                                                         \
    "CREATE TABLE source("                                                                                   \
    " id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL,"                                    \
    " shipped INTEGER NOT NULL, created INTEGER NOT NULL, created_by TEXT NOT NULL, UNIQUE(kind, name));"    \
    "CREATE TABLE source_version("                                                                           \
    " id INTEGER PRIMARY KEY,"                                                                               \
    " source INTEGER NOT NULL REFERENCES source(id),"                                                        \
    " number INTEGER,"                 /* once approved: 1, 2, … */                                          \
    " state INTEGER NOT NULL,"         /* enum source_state */                                               \
    " revision INTEGER NOT NULL,"      /* of its text: grows with every save */                              \
    " base INTEGER, author TEXT NOT NULL, note TEXT NOT NULL, label TEXT NOT NULL DEFAULT '',"               \
    " made INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL,"                            \
    " hash BLOB NOT NULL, files TEXT NOT NULL,"                                                              \
    " proposed INTEGER, proposed_by TEXT, decided INTEGER, decided_by TEXT, why TEXT,"                       \
    " goods INTEGER);"                                                                                       \
    "CREATE INDEX source_version_of ON source_version(source, id);"                                          \
    "CREATE UNIQUE INDEX source_version_number ON source_version(source, number) WHERE number IS NOT NULL;"  \
    "CREATE INDEX source_version_open ON source_version(state) WHERE state IN (0, 1);"                       \
    "CREATE TRIGGER source_stays BEFORE UPDATE OF files, hash, number ON source_version"                     \
    " WHEN old.state = 2 BEGIN SELECT RAISE(ABORT, 'approved'); END;"                                        \
    "CREATE TABLE source_revision("                                                                          \
    " version INTEGER NOT NULL REFERENCES source_version(id), revision INTEGER NOT NULL,"                    \
    " time INTEGER NOT NULL, user TEXT NOT NULL, hash BLOB NOT NULL, files TEXT NOT NULL,"                   \
    " PRIMARY KEY(version, revision)) WITHOUT ROWID;"
/* The second factor, links with a scope, programs' tokens, known browsers, contents opened by two persons. */
#define STEP_ACCESS                                                                                          \
    "ALTER TABLE user ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;"                                       \
    "ALTER TABLE user ADD COLUMN totp BLOB;"      /* secret, sealed to console.key */                        \
    "ALTER TABLE user ADD COLUMN totp_new BLOB;"  /* shown, not confirmed yet */                             \
    "ALTER TABLE user ADD COLUMN totp_step INTEGER NOT NULL DEFAULT 0;" /* of the last code taken */         \
    "CREATE TABLE recovery("                                                                                 \
    " user INTEGER NOT NULL REFERENCES user(id) ON DELETE CASCADE, hash BLOB NOT NULL,"                      \
    " PRIMARY KEY(user, hash)) WITHOUT ROWID;"                                                               \
    "ALTER TABLE invite ADD COLUMN scope TEXT;"   /* units by number, comma between; NULL: all */            \
    "ALTER TABLE invite ADD COLUMN clear INTEGER NOT NULL DEFAULT 255;"                                      \
    "ALTER TABLE session ADD COLUMN half INTEGER NOT NULL DEFAULT 0;" /* a second factor is owed */          \
    "CREATE TABLE token("                                                                                    \
    " id INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL UNIQUE,"                                      \
    " user INTEGER NOT NULL REFERENCES user(id) ON DELETE CASCADE, name TEXT NOT NULL,"                      \
    " rights TEXT NOT NULL,"                      /* names, comma between: numbers change */                                 \
    " all_units INTEGER NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL, used INTEGER);"        \
    "CREATE INDEX token_user ON token(user);"                                                                \
    "CREATE TABLE device("                        /* browsers from which somebody has signed in */           \
    " hash BLOB PRIMARY KEY, user INTEGER NOT NULL REFERENCES user(id) ON DELETE CASCADE,"                   \
    " seen INTEGER NOT NULL) WITHOUT ROWID;"                                                                 \
    "CREATE TABLE unlock("                                                                                   \
    " id INTEGER PRIMARY KEY AUTOINCREMENT, alert INTEGER NOT NULL, user INTEGER NOT NULL,"                  \
    " asked_by TEXT NOT NULL, asked INTEGER NOT NULL, reason TEXT NOT NULL, minutes INTEGER NOT NULL,"       \
    " state INTEGER NOT NULL DEFAULT 0, decided_by TEXT, decided INTEGER, until INTEGER);"                   \
    "CREATE INDEX unlock_alert ON unlock(alert, user);"
/* Outputs (outputs.h). */
#define STEP_OUTPUTS                                                                                         \
    "CREATE TABLE output("                                                                                   \
    " id INTEGER PRIMARY KEY AUTOINCREMENT, revision INTEGER NOT NULL,"                                      \
    " kind INTEGER NOT NULL, format INTEGER NOT NULL, auth INTEGER NOT NULL,"                                \
    " source INTEGER NOT NULL,"        /* 0 alerts, 1 events */                                              \
    " enabled INTEGER NOT NULL, name TEXT NOT NULL UNIQUE COLLATE NOCASE,"                                   \
    " target TEXT NOT NULL, query TEXT NOT NULL, ca TEXT NOT NULL,"                                          \
    " cursor INTEGER NOT NULL, before INTEGER NOT NULL,"                                                     \
    " tries INTEGER NOT NULL DEFAULT 0, next INTEGER NOT NULL DEFAULT 0,"                                    \
    " sent INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,"                                   \
    " dead INTEGER NOT NULL DEFAULT 0, again INTEGER NOT NULL DEFAULT 0,"                                    \
    " last_sent INTEGER, last_error TEXT, last_error_time INTEGER,"                                          \
    " created INTEGER NOT NULL, created_by TEXT NOT NULL);"                                                  \
    "CREATE TABLE output_secret("      /* sealed to the console's key */                                     \
    " output INTEGER PRIMARY KEY, sealed BLOB NOT NULL, public BLOB);"                                       \
    "CREATE TABLE output_dead("                                                                              \
    " id INTEGER PRIMARY KEY, output INTEGER NOT NULL, event INTEGER NOT NULL,"                              \
    " time INTEGER NOT NULL, reason TEXT NOT NULL);"                                                         \
    "CREATE INDEX output_dead_of ON output_dead(output, id);"                                                \
    "CREATE TABLE output_lost("                                                                              \
    " output INTEGER NOT NULL, reason TEXT NOT NULL, n INTEGER NOT NULL,"                                    \
    " PRIMARY KEY(output, reason)) WITHOUT ROWID;"

#define STEP_ROLLOUTS                                                                                        \
    "CREATE TABLE rollout("                                                                                  \
    " id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, goods INTEGER NOT NULL,"                                \
    " state INTEGER NOT NULL,"         /* enum rollout_state */                                              \
    " step INTEGER NOT NULL,"          /* the newest that was taken; -1: none yet */                         \
    " steps INTEGER NOT NULL, everybody INTEGER NOT NULL," /* the last one is all, later ones included */    \
    " since INTEGER NOT NULL DEFAULT 0," /* when it was taken */                                             \
    " wait_s INTEGER NOT NULL, need INTEGER NOT NULL, most_failed INTEGER NOT NULL, most_alerts INTEGER NOT NULL," \
    " made INTEGER NOT NULL, made_by TEXT NOT NULL, why TEXT NOT NULL, approved INTEGER, approved_by TEXT,"  \
    " before_all INTEGER, ended INTEGER, reason TEXT);"                                                      \
    "CREATE INDEX rollout_open ON rollout(kind) WHERE state IN (0, 1, 2);"                                   \
    "CREATE TABLE rollout_appliance("                                                                        \
    " rollout INTEGER NOT NULL REFERENCES rollout(id), appliance INTEGER NOT NULL, step INTEGER NOT NULL,"   \
    " before INTEGER NOT NULL,"        /* goods that were wanted, 0: as it was made */                       \
    " PRIMARY KEY(rollout, appliance)) WITHOUT ROWID;"
/* The committee's reports (reports.h). */
#define STEP_REPORTS                                                                                         \
    "CREATE TABLE report("                                                                                   \
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"                                                                 \
    " kind INTEGER NOT NULL, state INTEGER NOT NULL,"    /* enum report_kind, report_state */                \
    " from_s INTEGER NOT NULL, to_s INTEGER NOT NULL, lang TEXT NOT NULL,"                                   \
    " made INTEGER NOT NULL, made_by TEXT, user INTEGER NOT NULL,"       /* NULL and 0: the schedule */      \
    " pages INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0, sha256 BLOB, why TEXT,"            \
    " data TEXT NOT NULL);"            /* the figures, as they were then */                                  \
    "CREATE TABLE report_schedule(week TEXT NOT NULL, month TEXT NOT NULL);"                                 \
    "INSERT INTO report_schedule VALUES('', 'vi');"
/* How long the audit was and what its last hash was, signed by the console. */
#define STEP_HEADS                                                                                           \
    "CREATE TABLE audit_head("                                                                               \
    " id INTEGER PRIMARY KEY, time INTEGER NOT NULL, hash BLOB NOT NULL, signature BLOB NOT NULL);"          \
    "CREATE INDEX audit_action ON audit(action);"

/* Where an appliance is, and how often it is expected to be heard (fleet.h). */
#define STEP_SITES                                                                                           \
    "CREATE TABLE appliance_site("                                                                           \
    " appliance INTEGER PRIMARY KEY, profile INTEGER NOT NULL, expect_s INTEGER NOT NULL,"                   \
    " lat REAL, lon REAL, place TEXT NOT NULL);"

/* How long events stay (retention.h). A number of a pass (at) says how far a rule has looked. */
#define STEP_RETENTION                                                                                       \
    "CREATE TABLE retention("                                                                                \
    " id INTEGER PRIMARY KEY, type INTEGER NOT NULL, level INTEGER NOT NULL, days INTEGER NOT NULL,"         \
    " forgotten INTEGER NOT NULL DEFAULT 0, pending INTEGER NOT NULL DEFAULT 0,"                             \
    " at INTEGER NOT NULL DEFAULT 0, passed INTEGER,"                                                        \
    " created INTEGER NOT NULL, created_by TEXT NOT NULL, UNIQUE(type, level));"                             \
    "CREATE TABLE hold("                                                                                     \
    " id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, ref INTEGER NOT NULL, identity BLOB,"                   \
    " reason TEXT NOT NULL, created INTEGER NOT NULL, created_by TEXT NOT NULL,"                             \
    " ended INTEGER, ended_by TEXT);"                                                                        \
    "CREATE UNIQUE INDEX hold_once ON hold(kind, ref, coalesce(identity, x'')) WHERE ended ISNULL;"

/* Codes by which an appliance may ask to be enrolled (invitations.h). */
#define STEP_INVITATIONS                                                                                     \
    "CREATE TABLE invitation("                                                                               \
    " id INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL UNIQUE, unit INTEGER NOT NULL,"               \
    " name TEXT NOT NULL, url TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL,"                  \
    " until INTEGER NOT NULL, state INTEGER NOT NULL DEFAULT 0,"       /* enum invitation_state */           \
    " joined INTEGER, address TEXT, identity BLOB, request TEXT, ended INTEGER, ended_by TEXT);"
/* Events that wait for ClickHouse (console/events/find.h): their words, for as long as their rows are here; and which records
 * it has, as ranges of their numbers, so that one that comes again is known. */
#define STEP_FAR                                                                                             \
    "CREATE TABLE event_words("                                                                              \
    " id INTEGER PRIMARY KEY, keys TEXT NOT NULL, file TEXT NOT NULL, host TEXT NOT NULL,"                   \
    " mail TEXT NOT NULL, words TEXT NOT NULL, exact TEXT NOT NULL);"                                        \
    "CREATE TABLE event_shipped("                                                                            \
    " appliance INTEGER NOT NULL, run INTEGER NOT NULL, k INTEGER NOT NULL,"                                 \
    " first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY(appliance, run, k, first)) WITHOUT ROWID;"
/* Consoles above one another (regions.h). */
#define STEP_REGIONS                                                                                         \
    "ALTER TABLE appliance ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;" /* enum appliance_kind */            \
    "CREATE TABLE forward("            /* is there a console above this one? */                              \
    " one INTEGER PRIMARY KEY, since INTEGER NOT NULL, policy TEXT NOT NULL DEFAULT '',"                     \
    " trouble TEXT NOT NULL DEFAULT '', newest INTEGER NOT NULL DEFAULT 0, receipt INTEGER NOT NULL DEFAULT 0);" \
    "CREATE TABLE forward_queue("      /* batches whose events are not all decided on yet */                 \
    " id INTEGER PRIMARY KEY AUTOINCREMENT, appliance INTEGER NOT NULL, number INTEGER NOT NULL,"            \
    " hash BLOB NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,"  /* rows of its events */          \
    " records INTEGER NOT NULL, stored INTEGER NOT NULL);"                                                   \
    "CREATE TABLE forward_sum("                                                                              \
    " kind INTEGER NOT NULL, reason TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY(kind, reason)) WITHOUT ROWID;" \
    "CREATE TABLE origin("             /* appliances behind regions */                                       \
    " id INTEGER PRIMARY KEY, region INTEGER NOT NULL, identity BLOB NOT NULL, name TEXT NOT NULL,"          \
    " batches INTEGER NOT NULL DEFAULT 0, first INTEGER NOT NULL DEFAULT 0, newest INTEGER NOT NULL DEFAULT 0," \
    " hash BLOB, received INTEGER NOT NULL DEFAULT 0, alerts INTEGER NOT NULL DEFAULT 0,"                    \
    " heard INTEGER NOT NULL, lost INTEGER NOT NULL DEFAULT 0, ledger TEXT, ledger_time INTEGER,"            \
    " UNIQUE(region, identity));"                                                                            \
    "CREATE TABLE origin_sum("                                                                               \
    " origin INTEGER NOT NULL, kind INTEGER NOT NULL, reason TEXT NOT NULL, n INTEGER NOT NULL,"             \
    " PRIMARY KEY(origin, kind, reason)) WITHOUT ROWID;"

const char *const schema_steps[] = {
    STEP_1,
    STEP_2,
    STEP_3,
    STEP_4,
    STEP_5,
    STEP_6,
    STEP_GOODS,
    STEP_SIGHT,
    STEP_ROLLUP,
    STEP_SUMS,
    STEP_SHARDS,
    STEP_EVIDENCE,
    STEP_INBOX,
    STEP_SOURCES,
    STEP_ACCESS,
    STEP_ROLLOUTS,
    STEP_REPORTS,
    STEP_OUTPUTS,
    STEP_HEADS,
    STEP_SITES,
    STEP_RETENTION,
    STEP_INVITATIONS,
    STEP_FAR,
    STEP_REGIONS,
};
const size_t schema_step_count = GH_COUNT(schema_steps);

const char *const alert_state_names[ALERT_STATE_COUNT] = {"new", "acknowledged", "closed"};
const char *const alert_action_names[ACTION_COUNT] = {"acknowledge", "comment", "close",    "reopen",
                                                      "assign",      "undo",    "escalate", "withdraw"};
const char *const close_reason_names[REASON_COUNT] = {NULL, "confirmed", "false_alarm", "permitted"};
const char *const case_state_names[CASE_STATE_COUNT] = {"open", "closed", "merged"};
const char *const case_outcome_names[CASE_OUTCOME_COUNT] = {NULL, "violation", "mistake", "permitted",
                                                            "unfounded"};
const char *const pcap_state_names[PCAP_STATE_COUNT] = {"kept", "wanted", "here", "gone", "refused"};
const char *const level_names[LEVEL_COUNT] = {"none",       "restricted", "confidential", "secret",
                                              "top_secret", "mat",        "toi_mat",      "tuyet_mat"};

int level_number(const char *name)
{
    for (int i = 0; i < LEVEL_COUNT; i++)
        if (!strcmp(level_names[i], name))
            return i;
    return 0;
}
