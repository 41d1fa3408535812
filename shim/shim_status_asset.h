#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What stands within the status page: shim/status.css and shim/status.js, made into text by
 * shim/status_asset.py. The page names the hash of each, so that a browser runs nothing else.
 */

extern const char shim_status_css[];
extern const char shim_status_js[];

/** The Content-Security-Policy of a page with both. */
extern const char shim_status_policy[];
