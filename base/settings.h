/* SPDX-License-Identifier: GPL-3.0-or-later
 * settings: which keys of the configuration a console may set from afar, and the file that carries them:
 * lines
 * "[section]" and "key = value" as in the appliance's own. What opens a door is not among them: nothing of
 * keys, paths, users, addresses, trust or enforcement.
 *
 * The files lie in the state directory, where gh-down puts them; every process of the appliance reads them
 * when it starts, and believes gh-down no more than the console: each key is looked up here. */
#ifndef GH_BASE_SETTINGS_H
#define GH_BASE_SETTINGS_H

#include "base/conf.h"

#define SETTINGS_FILE "settings.conf"
#define SETTINGS_BYTES 16384
#define SETTINGS_MAX 64 /* lines that set something */
#define SETTINGS_LINE 512

/* "section.key" of the table? */
bool settings_may(const char *key);
/* Calls fn for each "section.key=value" of the text, checked against the table and by conf_set over *c. 0, or
 * ST_USAGE/ST_DENIED/ST_LIMIT with a sentence in why. */
typedef void settings_fn(void *arg, const char *assignment);
int settings_read(struct span text, struct conf *c, settings_fn *fn, void *arg, char *why, size_t cap);

/* Below the state directory, where gh-down puts in force what came down. */
#define SETTINGS_ACTIVE "goods/settings/active/" SETTINGS_FILE
#define SETTINGS_RULES "goods/rules/active"
#define SETTINGS_LISTS "goods/lists/active"
#define SETTINGS_SHADOW "goods/shadow/active"
/* A serial whose firmware the installer (user gh-update) shall take; what became of it, in its own directory. */
#define SETTINGS_FIRMWARE "goods/firmware.order"
#define SETTINGS_FIRMWARE_DIR "update"
#define SETTINGS_FIRMWARE_RESULT SETTINGS_FIRMWARE_DIR "/firmware.result"
#define SETTINGS_FIRMWARE_HAVE SETTINGS_FIRMWARE_DIR "/firmware.have"
#define SETTINGS_PRINTS "goods/fingerprints/active/registered.ghp"
#define SETTINGS_PRINTS_KEY "goods/fingerprints/active/registered.key"
/* c holds what args ("-c FILE --set …") say; from now on it holds the files, over them what the console sent,
 * and over that the --set. Rules come on top of scan.rules; lists, fingerprints and the shadow policy only
 * where the configuration names none. What cannot be used is logged and left out. */
void settings_overlay(struct conf *c, char *const *args, size_t n);

#endif
