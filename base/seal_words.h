/* SPDX-License-Identifier: GPL-3.0-or-later
 * seal_words: 256 short words that two people can tell apart over a telephone; one byte each. Used by seal.c only. */
#ifndef GH_BASE_SEAL_WORDS_H
#define GH_BASE_SEAL_WORDS_H

static const char *const seal_words[256] = {
    "acid", "acorn", "actor", "album", "alley", "amber", "anchor", "angle",
    "ankle", "apple", "apron", "arch", "arrow", "aspen", "atlas", "attic",
    "autumn", "badge", "baker", "bamboo", "banner", "barley", "basil", "basket",
    "beach", "beaver", "bell", "berry", "bicycle", "birch", "bishop", "blanket",
    "bottle", "bridge", "broom", "bucket", "butter", "button", "cabin", "cactus",
    "camel", "candle", "canoe", "canvas", "carbon", "carpet", "castle", "cedar",
    "cellar", "cement", "chalk", "cherry", "chess", "chimney", "cider", "cinema",
    "circus", "clay", "cliff", "clock", "cloud", "clover", "coast", "cobra",
    "coffee", "comet", "compass", "copper", "coral", "cotton", "cradle", "crane",
    "crayon", "cricket", "crown", "crystal", "curtain", "daisy", "dancer", "dawn",
    "desert", "diamond", "dinner", "doctor", "dolphin", "domino", "donkey", "dragon",
    "drum", "eagle", "easel", "echo", "eclipse", "elbow", "elephant", "elm",
    "ember", "engine", "falcon", "farmer", "feather", "fern", "ferry", "fiddle",
    "finger", "flag", "flame", "flute", "forest", "fossil", "fountain", "fox",
    "galaxy", "garden", "garlic", "geyser", "giant", "ginger", "glacier", "globe",
    "goat", "granite", "grape", "gravel", "guitar", "hammer", "harbor", "harp",
    "hazel", "helmet", "heron", "hockey", "honey", "horizon", "hotel", "hunter",
    "igloo", "indigo", "insect", "iron", "island", "ivory", "jacket", "jasmine",
    "jelly", "jewel", "jungle", "kayak", "kernel", "kettle", "kitchen", "kite",
    "koala", "ladder", "lagoon", "lantern", "laurel", "lemon", "leopard", "lily",
    "linen", "lion", "lizard", "lobster", "lotus", "lumber", "magnet", "mango",
    "maple", "marble", "market", "meadow", "melon", "mercury", "mirror", "monkey",
    "mosaic", "motor", "muffin", "museum", "mustard", "napkin", "nectar", "needle",
    "nickel", "noodle", "nutmeg", "oasis", "ocean", "olive", "onion", "opera",
    "orange", "orbit", "orchid", "otter", "oven", "owl", "oyster", "paddle",
    "palace", "panda", "paper", "parrot", "pasta", "peach", "pebble", "pelican",
    "pencil", "pepper", "piano", "pickle", "pigeon", "pillow", "pilot", "pine",
    "planet", "plum", "pocket", "poem", "polar", "pony", "poppy", "potato",
    "prairie", "prism", "puddle", "pumpkin", "puzzle", "quartz", "quilt", "rabbit",
    "radar", "radio", "raven", "ribbon", "river", "robin", "rocket", "rooster",
    "ruby", "saddle", "saffron", "salmon", "sandal", "satin", "school", "shadow",
    "silver", "spider", "spruce", "squirrel", "stable", "statue", "stone", "sugar",
};

#endif
