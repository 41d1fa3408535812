#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Which option of switch_mod_lsapi does something on which panel, and what to do where it does
 * not. One table for the command of that name and for the commands of lsapidctl.
 *
 * Source: mod_lsapi-manual "switch_mod_lsapi tool", its table of options and panels.
 */

#include <stdbool.h>
#include <stddef.h>

enum panel_id {
	PANEL_NONE,
	PANEL_CPANEL_EA3,
	PANEL_CPANEL_EA4,
	PANEL_DIRECTADMIN,
	PANEL_PLESK,
	PANEL_INTERWORX,
	PANEL_ISPMANAGER,
	PANEL_COUNT
};

enum matrix_option {
	MATRIX_SETUP,
	MATRIX_SETUP_LIGHT,
	MATRIX_UNINSTALL,
	MATRIX_ENABLE_DOMAIN,
	MATRIX_DISABLE_DOMAIN,
	MATRIX_ENABLE_GLOBAL,
	MATRIX_DISABLE_GLOBAL,
	MATRIX_BUILD_NATIVE_LSPHP,
	MATRIX_BUILD_NATIVE_LSPHP_CUST,
	MATRIX_CHECK_PHP,
	MATRIX_VERBOSE,
	MATRIX_FORCE,
	MATRIX_STAT,
	MATRIX_OPTION_COUNT
};

enum matrix_cell {
	MATRIX_NO,
	MATRIX_YES,
	MATRIX_CUSTOMBUILD,   /* DirectAdmin's custombuild does it, as its options.conf says */
	MATRIX_NO_DOMAIN_INFO /* yes, but for the domains of each PHP */
};

/** One option: how switch_mod_lsapi and lsapidctl write it. */
struct matrix_row {
	const char *name;     /* "setup-light": the option without its dashes */
	const char *argument; /* "DOMAIN"; NULL: none */
	const char *help;
	enum matrix_cell cell[PANEL_COUNT];
	const char *instead; /* what to do where a cell says no */
};

const struct matrix_row *matrix_row(enum matrix_option option);

/** matrix_panel_key() - "cpanel_ea4": for programs */
const char *matrix_panel_key(enum panel_id panel);

/** matrix_panel_name() - "cPanel with EasyApache 4": for people */
const char *matrix_panel_name(enum panel_id panel);

/**
 * matrix_refuse() - may @option be used on @panel?
 * @ret_text: if not, what is refused, where, and what to do instead
 *
 * Return: true: it may not.
 */
bool matrix_refuse(enum matrix_option option, enum panel_id panel, char *ret_text, size_t size);
