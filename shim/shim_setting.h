#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The settings of mod_lsapi that a configuration keeps, by name; from proto/directives.def. */

#include <limits.h>

#define NOTHING(...)

/** Switches and numbers. */
enum shim_setting {
#define SWITCH(id, ...) SHIM_##id,
#define NUMBER(id, ...) SHIM_##id,
#define WORD            NOTHING
#define ALIAS           NOTHING
#define OTHER           NOTHING
#include "proto/directives.def"
#undef SWITCH
#undef NUMBER
#undef WORD
	SHIM_SETTING_COUNT
};

/** Texts of one word. */
enum shim_word {
#define SWITCH        NOTHING
#define NUMBER        NOTHING
#define WORD(id, ...) SHIM_WORD_##id,
#include "proto/directives.def"
#undef SWITCH
#undef NUMBER
#undef WORD
#undef ALIAS
#undef OTHER
	SHIM_WORD_COUNT
};

#undef NOTHING

/** Distinct from every legal value, so that merging is right. */
#define SHIM_UNSET INT_MIN
