#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* A configuration as config_read() hands it over, without its checks of who owns the file. */

/**
 * fake_bundle() - @config as the text of lsapid.conf, with a handler "php"
 * @dir: its runtime_dir
 *
 * Return: a memfd of yours; the running test fails if there is none
 */
int fake_bundle(const char *dir, const char *config);
